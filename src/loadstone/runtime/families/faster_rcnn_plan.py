"""What a rebuilt Faster or Mask R-CNN needs besides its networks: anchors, and the settings of its reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.anchors import Anchors
from loadstone.detectors.two_stage_anchors import anchor_rule, anchors_for
from loadstone.runtime.endings import Ending
from loadstone.runtime.families.faster_rcnn_network import ROWS, first_stage, map_shapes, second_stage, third_stage

if TYPE_CHECKING:
    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
    from loadstone.runtime.openvino.openvino_network import Values


def networks_of(blueprint: FasterRcnnBlueprint, values: Values) -> list[Any]:
    """Return the stages as OpenVINO models, the one that takes the picture first."""
    stages = [first_stage(blueprint, values), second_stage(blueprint, values)]
    if blueprint.third_stage is not None:
        stages.append(third_stage(blueprint.third_stage, values))
    return stages


def ending_of(blueprint: FasterRcnnBlueprint) -> Ending:
    """Return how the stages are read."""
    return Ending("detection", "faster-rcnn", settings_of(blueprint), {"anchors": anchors_of(blueprint)})


def anchors_of(blueprint: FasterRcnnBlueprint) -> Anchors:
    """Return the anchors, float32 (N, 4) yxyx in pixels; none where each picture has a size of its own."""
    size = blueprint.resizer.output
    if size is None:
        return np.zeros((0, 4), np.float32)
    height, width = map_shapes(blueprint.first_stage)[0][:2]
    return anchors_for(anchor_rule(blueprint.anchors), size, (height or 0, width or 0))


def settings_of(blueprint: FasterRcnnBlueprint) -> dict[str, Any]:
    """Return the settings of `faster_rcnn_reading.TwoStages` as plain values."""
    first, final = blueprint.proposals, blueprint.suppression
    resizer = blueprint.resizer
    return {
        "size": list(resizer.output or (0, 0)),
        "fit": list(resizer.size) if resizer.kind == "keep-aspect" else None,
        "anchor_rule": None if resizer.output else anchor_rule(blueprint.anchors),
        "rows": ROWS,
        "samples": blueprint.crops.size,
        "by_matrix": blueprint.crops.by_matrix,
        "within_padding": first.within_padding,
        "box_scales": list(blueprint.box_coder.scales),
        "first": {
            "score_threshold": first.score_threshold,
            "iou_threshold": first.iou_threshold,
            "max_per_class": first.count,
            "max_total": first.count,
            "converter": "SOFTMAX",
            "clip_first": final.clip_first,
        },
        "final": {
            "score_threshold": final.score_threshold,
            "iou_threshold": final.iou_threshold,
            "max_per_class": final.max_per_class,
            "max_total": final.max_total,
            "converter": final.converter,
            "logit_scale": final.logit_scale,
            "clip_first": final.clip_first,
        },
    }
