"""What a TF1 SSD's configuration says of detecting, as values, and the `pipeline.config` that says it."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.frozen.frozen_anchors import AnchorPlan
from loadstone.blueprint.parts import BoxCoder, Suppression
from loadstone.wire.textdump import build
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import Word

ACTIVATION_WORDS = {"relu6": Word("RELU_6"), "relu": Word("RELU")}


@dataclass(frozen=True, slots=True)
class SsdPlan:
    """Everything that the configuration of a TF1 SSD says of detecting."""

    extractor: str
    classes: int
    size: tuple[int, int]
    multiplier: float
    least: int
    maps: int
    activation: str
    epsilon: float
    depthwise: bool
    window: int
    depthwise_head: bool
    anchors: AnchorPlan
    coder: BoxCoder
    suppression: Suppression


def config_of(plan: SsdPlan) -> TextMessage:
    """Return the configuration as a tree of text."""
    height, width = plan.size
    ssd = build(
        [
            ("num_classes", plan.classes),
            ("image_resizer", within("fixed_shape_resizer", ("height", height), ("width", width))),
            ("feature_extractor", _extractor(plan)),
            ("box_coder", _coder(plan.coder)),
            ("box_predictor", _predictor(plan)),
            ("anchor_generator", _anchors(plan.anchors)),
            ("post_processing", suppression_fields(plan.suppression)),
        ]
    )
    return build([("model", build([("ssd", ssd)]))])


def within(name: str, *fields: tuple[str, int | float | bool | str | TextMessage]) -> TextMessage:
    """Return a message whose one field is a message of these fields."""
    return build([(name, build(fields))])


def _hyperparameters(plan: SsdPlan) -> TextMessage:
    norm = build([("center", True), ("scale", True), ("epsilon", plan.epsilon)])
    return build([("activation", ACTIVATION_WORDS[plan.activation]), ("batch_norm", norm)])


def _extractor(plan: SsdPlan) -> TextMessage:
    return build(
        [
            ("type", plan.extractor),
            ("depth_multiplier", plan.multiplier),
            ("min_depth", plan.least),
            ("conv_hyperparams", _hyperparameters(plan)),
            ("override_base_feature_extractor_hyperparams", True),
            ("use_depthwise", plan.depthwise),
            ("num_layers", plan.maps),
        ]
    )


def _coder(coder: BoxCoder) -> TextMessage:
    y, x, height, width = coder.scales
    scales = (("y_scale", y), ("x_scale", x), ("height_scale", height), ("width_scale", width))
    return within("faster_rcnn_box_coder", *scales)


def _predictor(plan: SsdPlan) -> TextMessage:
    return within(
        "convolutional_box_predictor",
        ("kernel_size", plan.window),
        ("use_depthwise", plan.depthwise_head),
        ("conv_hyperparams", _hyperparameters(plan)),
    )


def _anchors(plan: AnchorPlan) -> TextMessage:
    fields: list[tuple[str, int | float | bool]] = [("num_layers", len(plan.scales))]
    if plan.even:
        fields += [("min_scale", plan.scales[0]), ("max_scale", plan.scales[-1])]
    else:
        fields += [("scales", scale) for scale in plan.scales]
    fields += [("aspect_ratios", ratio) for ratio in plan.ratios]
    fields += [
        ("interpolated_scale_aspect_ratio", plan.interpolated),
        ("reduce_boxes_in_lowest_layer", plan.reduce_lowest),
    ]
    return within("ssd_anchor_generator", *fields)


def suppression_fields(plan: Suppression) -> TextMessage:
    """Return the fields of a `post_processing` message."""
    return build(
        [
            (
                "batch_non_max_suppression",
                build(
                    [
                        ("score_threshold", plan.score_threshold),
                        ("iou_threshold", plan.iou_threshold),
                        ("max_detections_per_class", plan.max_per_class),
                        ("max_total_detections", plan.max_total),
                    ]
                ),
            ),
            ("score_converter", Word(plan.converter)),
            ("logit_scale", plan.logit_scale),
        ]
    )
