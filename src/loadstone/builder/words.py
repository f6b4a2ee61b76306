"""A built detector's `pipeline.config`: what the Object Detection API would call the same parts, backbone apart.

It is what training reads (losses, matching, initial values, decay), and what the anchors, the coder, the heads and the
suppression are read from, as the zoo's are. Numbers are those of the zoo's configurations of the same family, but for
the decay of batch norms: 0.97 instead of 0.997, since a built detector is often trained for hundreds of steps only.
"""

from __future__ import annotations

from string import Template

from loadstone.builder.plan import Plan
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

CONVOLUTIONS = """
conv_hyperparams {
  activation: $activation
  force_use_bias: $biased
  regularizer { l2_regularizer { weight: 4e-5 } }
  initializer { $initializer }
  batch_norm { scale: true decay: 0.97 epsilon: 0.001 }
}
"""
NARROW = "random_normal_initializer { stddev: 0.01 mean: 0.0 }"
WIDE = "truncated_normal_initializer { stddev: 0.03 mean: 0.0 }"

RESIZER = "image_resizer { fixed_shape_resizer { height: $height width: $width } }"

SUPPRESSION = """
batch_non_max_suppression {
  score_threshold: $score iou_threshold: $iou max_detections_per_class: 100 max_total_detections: 100 $more
}
score_converter: $converter
"""

SSD = """
model { ssd {
  num_classes: $classes
  add_background_class: false
  encode_background_as_zeros: true
  normalize_loss_by_num_matches: true
  normalize_loc_loss_by_codesize: true
  $resizer
  box_coder { faster_rcnn_box_coder { y_scale: 10.0 x_scale: 10.0 height_scale: 5.0 width_scale: 5.0 } }
  matcher { argmax_matcher {
    matched_threshold: 0.5 unmatched_threshold: 0.5 ignore_thresholds: false
    negatives_lower_than_unmatched: true force_match_for_each_row: true
  } }
  similarity_calculator { iou_similarity { } }
  feature_extractor {
    type: "$backbone"
    use_depthwise: $light
    override_base_feature_extractor_hyperparams: true
    $neck_convolutions
    $neck
  }
  box_predictor { $predictor }
  anchor_generator { $anchors }
  post_processing { $suppression }
  loss {
    classification_loss { weighted_sigmoid_focal { alpha: $alpha gamma: 2.0 } }
    localization_loss { $localization }
    classification_weight: 1.0
    localization_weight: 1.0
  }
} }
"""

SHARED_PREDICTOR = """
weight_shared_convolutional_box_predictor {
  depth: $depth num_layers_before_predictor: $layers kernel_size: 3 use_depthwise: $light
  class_prediction_bias_init: -4.6
  $convolutions
}
"""

OWN_PREDICTOR = """
convolutional_box_predictor {
  kernel_size: 3 use_depthwise: $light class_prediction_bias_init: -4.6
  $convolutions
}
"""


def _filled(text: str, **words: object) -> str:
    plain = {name: str(word).lower() if isinstance(word, bool) else word for name, word in words.items()}
    return Template(text).substitute(plain)


def _convolutions(initializer: str, activation: str = "RELU_6", *, biased: bool = False) -> str:
    return _filled(CONVOLUTIONS, activation=activation, initializer=initializer, biased=biased)


def _suppression(score: str, iou: float, converter: str, *, agnostic: bool = False) -> str:
    more = "use_class_agnostic_nms: true" if agnostic else ""
    return _filled(SUPPRESSION, score=score, iou=iou, converter=converter, more=more)


def _resizer(plan: Plan) -> str:
    return _filled(RESIZER, height=plan.size[0], width=plan.size[1])


def ssd_words(plan: Plan, backbone: str, *, maps: int, low: int) -> TextMessage:
    """Return the words of an SSD with a head for each of `maps` maps, the finest of which is of level `low`."""
    smallest = 0.2 if plan.neck == "none" else 0.1
    return _ssd(
        plan,
        backbone,
        predictor=_filled(OWN_PREDICTOR, light=plan.light, convolutions=_convolutions(NARROW)),
        anchors=plan.anchors.maps(maps, smallest=smallest),
        alpha=0.75,
        levels=(low, low + maps - 1),
    )


def retinanet_words(plan: Plan, backbone: str, *, low: int, high: int) -> TextMessage:
    """Return the words of a RetinaNet, or with a BiFPN an EfficientDet: one head for the levels `low` to `high`."""
    swish = plan.neck == "bifpn"
    convolutions = _convolutions(NARROW, "SWISH" if swish else "RELU_6", biased=swish)
    predictor = _filled(
        SHARED_PREDICTOR, depth=plan.width, layers=3 if swish else 4, light=plan.light, convolutions=convolutions
    )
    anchors = plan.anchors.levels(low, high, steps=3 if swish else 2)
    return _ssd(plan, backbone, predictor=predictor, anchors=anchors, alpha=0.25, levels=(low, high))


NECKS = {
    "none": "",
    "fpn": "fpn { min_level: $low max_level: $high additional_layer_depth: $depth }",
    "bifpn": "bifpn { min_level: $low max_level: $high num_iterations: $rounds num_filters: $depth }",
}

ROUNDS = {True: 3, False: 5}
"""Of a BiFPN, light or not: those of EfficientDet-D0 and -D2 (Tan et al., 2020, table 1)."""


def _ssd(
    plan: Plan, backbone: str, *, predictor: str, anchors: str, alpha: float, levels: tuple[int, int]
) -> TextMessage:
    low, high = levels
    swish = plan.neck == "bifpn"
    neck = _filled(NECKS[plan.neck], low=low, high=high, depth=plan.width, rounds=ROUNDS[plan.light])
    text = _filled(
        SSD,
        classes=plan.num_classes,
        resizer=_resizer(plan),
        backbone=backbone,
        light=plan.light,
        neck_convolutions=_convolutions(WIDE, "SWISH" if swish else "RELU_6", biased=swish),
        neck=neck,
        predictor=predictor,
        anchors=anchors,
        suppression=_suppression("1e-8", 0.5 if swish else 0.6, "SIGMOID", agnostic=plan.class_agnostic),
        alpha=alpha,
        localization="weighted_smooth_l1 { delta: 0.1 }" if swish else "weighted_smooth_l1 { }",
    )
    return parse(text.encode())


FASTER_RCNN = """
model { faster_rcnn {
  num_classes: $classes
  $resizer
  feature_extractor {
    type: "$backbone"
    override_base_feature_extractor_hyperparams: true
    batch_norm_trainable: true
    $neck_convolutions
    $neck
  }
  first_stage_anchor_generator { $anchors }
  first_stage_box_predictor_conv_hyperparams {
    op: CONV
    regularizer { l2_regularizer { weight: 0.0 } }
    initializer { truncated_normal_initializer { stddev: 0.01 } }
  }
  first_stage_box_predictor_depth: $depth
  first_stage_nms_score_threshold: 0.0
  first_stage_nms_iou_threshold: 0.7
  first_stage_max_proposals: 300
  first_stage_localization_loss_weight: 2.0
  first_stage_objectness_loss_weight: 1.0
  initial_crop_size: 14
  maxpool_kernel_size: 2
  maxpool_stride: 2
  second_stage_box_predictor { mask_rcnn_box_predictor {
    use_dropout: false
    fc_hyperparams {
      op: FC
      regularizer { l2_regularizer { weight: 0.0 } }
      initializer { variance_scaling_initializer { factor: 1.0 uniform: true mode: FAN_AVG } }
    }
  } }
  second_stage_post_processing { $suppression }
  second_stage_localization_loss_weight: 2.0
  second_stage_classification_loss_weight: 1.0
  clip_anchors_to_image: true
} }
"""


def faster_rcnn_words(plan: Plan, backbone: str, *, low: int, high: int) -> TextMessage:
    """Return the words of a Faster R-CNN over the levels `low` to `high`, which without a neck is one."""
    if plan.neck == "none":
        anchors = plan.anchors.one_map(2**low)
    else:
        anchors = plan.anchors.levels(low, high, steps=2, more="normalize_coordinates: false")
    text = _filled(
        FASTER_RCNN,
        classes=plan.num_classes,
        resizer=_resizer(plan),
        backbone=backbone,
        neck_convolutions=_convolutions(WIDE),
        neck=_filled(NECKS[plan.neck], low=low, high=high, depth=plan.width, rounds=0),
        anchors=anchors,
        depth=plan.width,
        suppression=_suppression("0.0", 0.6, "SOFTMAX"),
    )
    return parse(text.encode())


CENTER_NET = """
model { center_net {
  num_classes: $classes
  $resizer
  use_depthwise: $light
  feature_extractor { type: "$backbone" }
  object_detection_task {
    task_loss_weight: 1.0 offset_loss_weight: 1.0 scale_loss_weight: 0.1
    localization_loss { l1_localization_loss { } }
  }
  object_center_params {
    object_center_loss_weight: 1.0 min_box_overlap_iou: 0.7 max_box_predictions: 100
    classification_loss { penalty_reduced_logistic_focal_loss { alpha: 2.0 beta: 4.0 } }
  }
} }
"""


def center_net_words(plan: Plan, backbone: str) -> TextMessage:
    """Return the words of a CenterNet."""
    text = _filled(CENTER_NET, classes=plan.num_classes, resizer=_resizer(plan), backbone=backbone, light=plan.light)
    return parse(text.encode())
