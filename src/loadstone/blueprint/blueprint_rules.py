"""Whether a blueprint that came from a file fits together: outputs, anchors, classes and sizes that agree.

`network_rules` has held each network to be one that could be written; here the parts are held to each other, so that
whatever reads the outputs finds as many rows and columns as it counts on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint, GridAnchors
from loadstone.blueprint.network import Network, Shape
from loadstone.blueprint.parts import Blueprint, MultiscaleAnchors, Resizer, SsdAnchors, Suppression
from loadstone.blueprint.reader import AnyBlueprint
from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS, YoloBlueprint
from loadstone.errors import FormatError

MOST_CLASSES = 100_000
MOST_KEPT = 100_000
"""Boxes that a suppression may keep."""

MOST_ANCHORS = 1 << 24
LARGEST_SIDE = 1 << 17

CONVERTERS = ("SIGMOID", "SOFTMAX", "IDENTITY")


def check_blueprint(blueprint: AnyBlueprint, where: str = "blueprint") -> None:
    """Raise `FormatError`, with the part's place, where the parts do not fit each other."""
    try:
        _common(blueprint)
        CHECKS[type(blueprint)](blueprint)
    except _MisfitError as error:
        raise FormatError(f"the detector's parts do not fit: {error}", where=where) from error


class _MisfitError(Exception):
    """What does not fit. Caught where the place is known."""


def _need(holds: bool, fact: str) -> None:
    if not holds:
        raise _MisfitError(fact)


def _common(blueprint: AnyBlueprint) -> None:
    _need(1 <= blueprint.num_classes <= MOST_CLASSES, f"num_classes of {blueprint.num_classes:,}")
    _need(0.0 not in blueprint.normalisation.deviation, "a deviation of 0")
    _need(not blueprint.unsupported, "parts that are not built here")
    resizer = blueprint.resizer
    _need(resizer.method == "BILINEAR", f"resizing by {resizer.method}")
    _need(all(1 <= side <= LARGEST_SIDE for side in resizer.size), f"a size of {resizer.size}")
    _need(resizer.output is not None, "a resizer that leaves pictures sizes of their own")


def _picture(network: Network, resizer: Resizer) -> None:
    front = [node for node in network.nodes if node.operation == "input"]
    _need(len(front) == 1, f"{len(front)} inputs where there is one picture")
    _need(front[0].shape == (*(resizer.output or ()), 3), f"pictures of {front[0].shape}, resized to {resizer.output}")


def _shapes(network: Network) -> dict[str, Shape]:
    return {name: network.nodes[at].shape for name, at in network.outputs.items()}


def _outputs(network: Network, wanted: Mapping[str, Shape]) -> None:
    found = _shapes(network)
    for name, shape in wanted.items():
        _need(found.get(name) == shape, f"the output {name} is {found.get(name)}, not {shape}")


def _suppression(rule: Suppression) -> None:
    _need(rule.converter in CONVERTERS, f"scores by {rule.converter}")
    _need(0 <= rule.iou_threshold <= 1 and 1 <= rule.max_per_class <= MOST_KEPT, "a suppression that keeps no boxes")
    _need(1 <= rule.max_total <= MOST_KEPT and rule.logit_scale != 0, "a suppression that keeps no boxes")


def _levels(plan: MultiscaleAnchors) -> range:
    _need(0 <= plan.min_level <= plan.max_level <= 12, f"levels {plan.min_level} to {plan.max_level}")
    _need(1 <= plan.scales_per_octave <= 256 and plan.scale > 0, "anchors without a scale")
    _positive(plan.aspect_ratios)
    return range(plan.min_level, plan.max_level + 1)


def _positive(values: tuple[float, ...]) -> None:
    _need(1 <= len(values) <= 1024 and all(value > 0 for value in values), f"anchors' numbers {values}"[:120])


def _multiscale_count(plan: MultiscaleAnchors, size: tuple[int, int]) -> int:
    places = [int(-(-size[0] // 2**level) * -(-size[1] // 2**level)) for level in _levels(plan)]
    return sum(places) * plan.per_place


def _ssd(blueprint: Blueprint) -> None:
    _picture(blueprint.network, blueprint.resizer)
    _suppression(blueprint.suppression)
    _need(all(scale != 0 for scale in blueprint.box_coder.scales), "a box coder's scale of 0")
    plan = blueprint.anchors
    if isinstance(plan, MultiscaleAnchors):
        count = _multiscale_count(plan, blueprint.resizer.output or (0, 0))
    else:
        count = _map_count(plan, blueprint.maps)
    _need(0 < count <= MOST_ANCHORS, f"{count:,} anchors")
    slots = blueprint.num_classes + int(blueprint.background)
    _outputs(blueprint.network, {"box_encodings": (count, 4), "class_predictions_with_background": (count, slots)})


def _map_count(plan: SsdAnchors, maps: tuple[tuple[int, int], ...]) -> int:
    _need(len(plan.shapes) == len(maps), f"anchors of {len(plan.shapes)} maps, and {len(maps)} maps")
    _need(all(len(pairs) in (0, len(maps)) for pairs in (plan.strides, plan.offsets)), "strides of other maps")
    for pairs in plan.shapes:
        _positive(tuple(number for pair in pairs for number in pair))
    _need(all(1 <= side <= LARGEST_SIDE for sides in maps for side in sides), "a map without places")
    return sum(high * wide * len(pairs) for (high, wide), pairs in zip(maps, plan.shapes, strict=True))


def _faster_rcnn(blueprint: FasterRcnnBlueprint) -> None:
    _need(blueprint.third_stage is None and blueprint.masks is None, "masks, which no built detector has")
    _picture(blueprint.first_stage, blueprint.resizer)
    _suppression(blueprint.suppression)
    _need(1 <= blueprint.proposals.count <= MOST_KEPT, f"{blueprint.proposals.count:,} proposals")
    shapes = _shapes(blueprint.first_stage)
    names = [name for name in shapes if name.startswith("features_")]
    _need(names == [f"features_{number}" for number in range(len(names))] and bool(names), "no maps to crop from")
    maps = [shapes[name] for name in names]
    _need(all(len(shape) == 3 and shape[-1] == maps[0][-1] for shape in maps), "maps of different channels")
    count = _proposal_anchors(blueprint, maps[0])
    _outputs(blueprint.first_stage, {"box_encodings": (count, 4), "objectness": (count, 2)})
    _second_stage(blueprint, maps[0][-1])


def _proposal_anchors(blueprint: FasterRcnnBlueprint, first: Shape) -> int:
    plan = blueprint.anchors
    if isinstance(plan, GridAnchors):
        _positive(plan.scales)
        _positive(plan.aspect_ratios)
        count = (first[0] or 0) * (first[1] or 0) * plan.per_place
    else:
        count = _multiscale_count(plan, blueprint.resizer.output or (0, 0))
    _need(0 < count <= MOST_ANCHORS, f"{count:,} anchors")
    return count


def _second_stage(blueprint: FasterRcnnBlueprint, channels: Any) -> None:
    crops = blueprint.crops
    _need(1 < crops.size <= 1024 and 1 <= crops.pool_window <= crops.size, f"crops of {crops.size}")
    _need(1 <= crops.pool_stride <= crops.size, f"crops pooled by steps of {crops.pool_stride}")
    front = [node.shape for node in blueprint.second_stage.nodes if node.operation == "input"]
    _need(front == [(crops.side, crops.side, channels)], f"crops of {front}")
    boxes = 4 if blueprint.shared_boxes else 4 * blueprint.num_classes
    wanted: dict[str, Shape] = {"class_predictions_with_background": (blueprint.num_classes + 1,)}
    _outputs(blueprint.second_stage, wanted | {"box_encodings": (boxes,)})


def _center_net(blueprint: CenterNetBlueprint) -> None:
    _need(not blueprint.keypoint_tasks, "keypoints, which no built detector has")
    _picture(blueprint.network, blueprint.resizer)
    _need(1 <= blueprint.max_boxes <= MOST_KEPT and 1 <= blueprint.peak_window <= 64, "no boxes to find")
    high, wide = (-(-side // max(blueprint.stride, 1)) for side in blueprint.resizer.output or (0, 0))
    wanted = {"object_center": blueprint.num_classes, "box/scale": 2, "box/offset": 2}
    _outputs(blueprint.network, {name: (high, wide, channels) for name, channels in wanted.items()})


def _yolo(blueprint: YoloBlueprint) -> None:
    _picture(blueprint.network, blueprint.resizer)
    _suppression(blueprint.suppression)
    size = blueprint.resizer.output or (0, 0)
    _need(all(1 <= stride <= 4096 for stride in blueprint.strides), f"strides {blueprint.strides}")
    maps = tuple((-(-size[0] // stride), -(-size[1] // stride)) for stride in blueprint.strides)
    count = sum(high * wide for high, wide in maps)
    _outputs(blueprint.network, {BOXES: (count, 4), OBJECTNESS: (count, 1), CLASSES: (count, blueprint.num_classes)})
    rows = blueprint.network.nodes[blueprint.network.outputs[OBJECTNESS]]
    _need(rows.operation == "rows" and blueprint.maps == maps, f"maps of {maps}")


CHECKS: Mapping[type[Any], Any] = {
    Blueprint: _ssd,
    FasterRcnnBlueprint: _faster_rcnn,
    CenterNetBlueprint: _center_net,
    YoloBlueprint: _yolo,
}
"""Kind → what holds its parts together."""
