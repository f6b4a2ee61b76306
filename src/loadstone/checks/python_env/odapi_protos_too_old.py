"""The installed protos of the Object Detection API are older than the configuration that is read with them.

What is seen

    `Message type "object_detection.protos.TrainConfig" has no field named "fine_tune_checkpoint_version"`, and the like
    for other fields that the API does have today.

Why

    The `_pb2.py` files come from an old checkout, from a package of years ago, or were not compiled again after an
    update. The configuration is right.

Remedy

    Install the API of today from `models/research` and compile its protos again; remove the older copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "odapi-protos-too-old",
    "error",
    help="update models/research, then compile again: protoc object_detection/protos/*.proto --python_out=.",
    reference="https://github.com/tensorflow/models/tree/master/research/object_detection/protos",
)

LATER_FIELDS = {
    "TrainConfig": "fine_tune_checkpoint_version fine_tune_checkpoint_type load_all_detection_checkpoint_vars "
    "use_bfloat16 "
    "max_number_of_boxes merge_multiple_label_boxes unpad_groundtruth_tensors retain_original_images sync_replicas",
    "EvalConfig": "keypoint_edge parameterized_metric include_metrics_per_category",
    "InputReader": "sample_1_of_n_examples load_context_features max_number_of_boxes",
    "DetectionModel": "center_net",
    "TrainEvalPipelineConfig": "graph_rewriter",
    "Ssd": "encode_background_as_zeros freeze_batchnorm inplace_batchnorm_update normalize_loss_by_num_matches",
    "SsdFeatureExtractor": "fpn bifpn use_depthwise override_base_feature_extractor_hyperparams spaghettinet_arch_name",
    "FasterRcnnFeatureExtractor": "fpn override_base_feature_extractor_hyperparams",
    "FasterRcnn": "context_config use_static_shapes use_matmul_crop_and_resize clip_anchors_to_image",
    "FeaturePyramidNetworks": "additional_layer_depth min_level max_level",
    "AnchorGenerator": "multiscale_anchor_generator",
    "BoxPredictor": "weight_shared_convolutional_box_predictor",
    "ConvolutionalBoxPredictor": "use_depthwise class_prediction_bias_init",
    "WeightSharedConvolutionalBoxPredictor": "use_depthwise class_prediction_bias_init share_prediction_tower",
    "BatchNonMaxSuppression": "use_static_shapes use_class_agnostic_nms soft_nms_sigma",
    "Hyperparams": "force_use_bias",
    "LearningRate": "cosine_decay_learning_rate",
    "ClassificationLoss": "penalty_reduced_logistic_focal_loss",
    "PreprocessingStep": "random_absolute_pad_image random_scale_crop_and_pad_to_square random_square_crop_by_scale",
}
"""Message -> its fields that came after the API's first release (June 2017), as real configurations nest them.

A field in another message than its own is a mistake of the text (a missing brace, most often), and not this fault.
"""

_FIELD = re.compile(r'Message type "object_detection\.protos\.(?P<message>\w+)" has no field named "(?P<field>\w+)"')

TEXTS = (
    Saying(
        r"module '?object_detection\.protos\.\w+'? has no attribute '?(?P<name>\w+)'?|Protocol message (?P<message>"
        r"\w+) has no "
        r'"(?P<field>\w+)" field',
        "the installed protos of the Object Detection API have no {name}{message} {field}, which the code beside "
        "them uses",
        certainty="likely",
        needs=(r"object_detection",),
    ),
    Saying(
        r"'(?P<message>(?:Train|Eval|Model|Losses|Graph)\w*Config|InputReader|DetectionModel|Ssd|FasterRcnn"
        r"|CenterNet)' object has no attribute '(?P<field>[a-z]\w*_\w+)'",
        "the installed protos of the Object Detection API have no {message}.{field}, which the code beside them uses",
        certainty="likely",
    ),
)


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a finding for a field that the API has, and the installed protos have not; other names are mistakes."""
    for found in _FIELD.finditer(text.text):
        if found["field"] in LATER_FIELDS.get(found["message"], "").split():
            yield FAULT.finding(
                f"the installed protos are older than the configuration: no {found['field']} in {found['message']} yet",
                Evidence("the text", found[0], f"{found['field']}, which the Object Detection API has today"),
            )
