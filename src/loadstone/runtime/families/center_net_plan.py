"""What a rebuilt CenterNet needs besides its network: the settings of its reading, and which class has keypoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from loadstone.errors import UnsupportedModelError
from loadstone.runtime.endings import Ending
from loadstone.runtime.families.center_net_points import RANKINGS

if TYPE_CHECKING:
    from loadstone.blueprint.center_net_parts import CenterNetBlueprint, KeypointTask

PERSON = ("/m/01g317", "person")
"""How Google's label maps name a person: to machines, and to people."""

COCO_CLASSES = 90
"""The number of classes with which the released models count COCO's ids, where 1 is a person."""


def ending_of(blueprint: CenterNetBlueprint, labels: Mapping[int, str]) -> Ending:
    """Return how the network is read; `labels` count from 1. `UnsupportedModelError` as `settings_of`."""
    return Ending("detection", "center-net", settings_of(blueprint, labels))


def settings_of(blueprint: CenterNetBlueprint, labels: Mapping[int, str]) -> dict[str, Any]:
    """Return the settings of `center_net_reading.CenterNet`; `UnsupportedModelError` where keypoints stay unclear."""
    resizer, task = blueprint.resizer, next(iter(blueprint.keypoint_tasks), None)
    height, width, _ = blueprint.network.nodes[blueprint.network.outputs["object_center"]].shape
    return {
        "size": list(resizer.output or (0, 0)),
        "fit": list(resizer.size) if resizer.kind == "keep-aspect" else None,
        "map": [height or 0, width or 0],
        "stride": blueprint.stride,
        "most": blueprint.max_boxes,
        "points": _rule(task) if task else None,
        "point_class": class_of(task, blueprint.num_classes, labels) if task else None,
    }


def _rule(task: KeypointTask) -> dict[str, Any]:
    if task.ranking not in RANKINGS:
        fact = f"keypoints chosen by {task.ranking} are not built here"
        raise UnsupportedModelError(fact, expected=", ".join(RANKINGS))
    return {
        "score_threshold": task.candidate_score_threshold,
        "most": task.candidates,
        "unmatched_score": task.unmatched_score,
        "box_scale": task.box_scale,
        "search_scale": task.search_scale,
        "ranking": task.ranking,
        "distance_offset": task.distance_offset,
        "distance_multiplier": task.distance_multiplier,
    }


def class_of(task: KeypointTask, classes: int, labels: Mapping[int, str]) -> int | None:
    """Return the class, from 0, whose objects have the keypoints; None where there is one class alone.

    The configuration names it as the label map's `name`, of which only the name to show may be at hand.
    """
    if classes == 1:
        return None
    names = PERSON if task.class_name in PERSON else (task.class_name,)
    if found := next((number for number, name in labels.items() if name in names), None):
        return found - 1
    if names == PERSON and not labels and classes == COCO_CLASSES:
        return 0
    fact = f"which class {task.class_name or 'the keypoint task'} is stands only in the label map"
    raise UnsupportedModelError(fact, help="put label_map.pbtxt beside the model")
