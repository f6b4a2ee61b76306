"""Fuzz target: pipeline configurations as blueprints, and the way back from their variables."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.blueprint.reader import read_any
from loadstone.blueprint.recovered.recover import recover, variables_of
from loadstone.errors import LoadstoneError
from loadstone.wire.textproto import parse

_SSD = b"""model { ssd { num_classes: 3 image_resizer { fixed_shape_resizer { height: 64 width: 64 } }
 feature_extractor { type: "%s" depth_multiplier: 0.5
  conv_hyperparams { activation: RELU_6 batch_norm { epsilon: 0.001 } }
  override_base_feature_extractor_hyperparams: true %s }
 anchor_generator { multiscale_anchor_generator { min_level: 3 max_level: 7 aspect_ratios: [1.0, 2.0, 0.5] } }
 box_predictor { weight_shared_convolutional_box_predictor { depth: 8 num_layers_before_predictor: 1 } }
 post_processing { score_converter: SIGMOID } } }"""


def fuzz(data: bytes) -> None:
    try:
        recover(dict(variables_of(read_any(parse(data)))))
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    yield _SSD % (b"ssd_mobilenet_v2_fpn_keras", b"fpn { min_level: 3 max_level: 7 additional_layer_depth: 8 }")
    yield _SSD % (b"ssd_efficientnet-b0_bifpn_keras", b"bifpn { num_iterations: 1 num_filters: 8 }")
    yield b"""model { faster_rcnn { num_classes: 2 number_of_stages: 3
 image_resizer { keep_aspect_ratio_resizer { min_dimension: 64 max_dimension: 96 pad_to_max_dimension: true } }
 feature_extractor { type: 'faster_rcnn_resnet50_keras' }
 first_stage_anchor_generator { grid_anchor_generator { scales: [1.0] aspect_ratios: [1.0, 2.0] } }
 initial_crop_size: 14 maxpool_kernel_size: 2 maxpool_stride: 2 second_stage_box_predictor { mask_rcnn_box_predictor {
 predict_instance_masks: true mask_prediction_num_conv_layers: 2 } } } }"""
    yield b"""model { center_net { num_classes: 1 feature_extractor { type: "mobilenet_v2_fpn" channel_means: 1 }
 image_resizer { identity_resizer { } } object_detection_task { }
 keypoint_estimation_task { task_name: "p" keypoint_label_to_std { key: "a" value: 1.0 } } } }"""
