"""What a TF1 Faster R-CNN's configuration says of detecting, as values, and the `pipeline.config` that says it."""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.blueprint.faster_rcnn_parts import Crops, GridAnchors, Masks, Proposals
from loadstone.blueprint.parts import Resizer, Suppression
from loadstone.blueprint.ssd_plan import suppression_fields, within
from loadstone.wire.textdump import build
from loadstone.wire.textmessage import TextMessage


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """What the masks are, and of how many convolutions, how deep, they are made."""

    masks: Masks
    layers: int
    depth: int


@dataclass(frozen=True, slots=True)
class TwoStagePlan:
    """Everything that the configuration of a TF1 Faster R-CNN says of detecting.

    `stride` is that of the map that proposals come from; `depth`, `window` and `dilation` are those of the proposals'
    convolution; `shared` says that all classes have one box.
    """

    extractor: str
    classes: int
    resizer: Resizer
    stride: int
    anchors: GridAnchors
    depth: int
    window: int
    dilation: int
    proposals: Proposals
    crops: Crops
    shared: bool
    suppression: Suppression
    masks: MaskPlan | None = None


def config_of(plan: TwoStagePlan) -> TextMessage:
    """Return the configuration as a tree of text."""
    proposals, crops = plan.proposals, plan.crops
    faster_rcnn = build(
        [
            ("num_classes", plan.classes),
            ("number_of_stages", 3 if plan.masks else 2),
            ("image_resizer", _resizer(plan.resizer)),
            (
                "feature_extractor",
                build([("type", plan.extractor), ("first_stage_features_stride", plan.stride)]),
            ),
            ("first_stage_anchor_generator", _anchors(plan.anchors)),
            ("first_stage_atrous_rate", plan.dilation),
            ("first_stage_box_predictor_kernel_size", plan.window),
            ("first_stage_box_predictor_depth", plan.depth),
            ("first_stage_nms_score_threshold", proposals.score_threshold),
            ("first_stage_nms_iou_threshold", proposals.iou_threshold),
            ("first_stage_max_proposals", proposals.count),
            ("initial_crop_size", crops.size),
            ("maxpool_kernel_size", crops.pool_window),
            ("maxpool_stride", crops.pool_stride),
            ("second_stage_box_predictor", _predictor(plan)),
            ("second_stage_post_processing", suppression_fields(plan.suppression)),
        ]
    )
    return build([("model", build([("faster_rcnn", faster_rcnn)]))])


def _predictor(plan: TwoStagePlan) -> TextMessage:
    fields: list[tuple[str, int | bool]] = [("share_box_across_classes", plan.shared)]
    if plan.masks:
        fields += [
            ("predict_instance_masks", True),
            ("mask_height", plan.masks.masks.size[0]),
            ("mask_width", plan.masks.masks.size[1]),
            ("mask_prediction_num_conv_layers", plan.masks.layers),
            ("mask_prediction_conv_depth", plan.masks.depth),
            ("masks_are_class_agnostic", plan.masks.masks.agnostic),
        ]
    return within("mask_rcnn_box_predictor", *fields)


def _resizer(plan: Resizer) -> TextMessage:
    first, second = plan.size
    if plan.kind == "fixed":
        return within("fixed_shape_resizer", ("height", first), ("width", second))
    sides = (("min_dimension", first), ("max_dimension", second))
    return within("keep_aspect_ratio_resizer", *sides, ("pad_to_max_dimension", plan.pad))


def _anchors(plan: GridAnchors) -> TextMessage:
    fields: list[tuple[str, int | float]] = []
    for name, (vertical, horizontal) in (("", plan.base), ("_stride", plan.stride), ("_offset", plan.offset)):
        fields += [(f"height{name}", vertical), (f"width{name}", horizontal)]
    fields += [("scales", scale) for scale in plan.scales]
    fields += [("aspect_ratios", ratio) for ratio in plan.aspect_ratios]
    return within("grid_anchor_generator", *fields)
