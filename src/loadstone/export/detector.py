"""Which function writes which kind of detector in a target's vocabulary."""

from __future__ import annotations

from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.export.center_net import write_center_net
from loadstone.export.dialect import Dialect
from loadstone.export.faster_rcnn import write_faster_rcnn
from loadstone.export.ssd import write_ssd
from loadstone.export.yolo import write_yolo
from loadstone.runtime.rebuilt import Rebuilt


def write_detector(ops: Dialect, found: Rebuilt) -> None:
    """Write the whole detector; `UnsupportedModelError` names what has no form in a graph of fixed size."""
    blueprint = found.blueprint
    if isinstance(blueprint, Blueprint):
        write_ssd(ops, blueprint, found.values)
    elif isinstance(blueprint, FasterRcnnBlueprint):
        write_faster_rcnn(ops, blueprint, found.values)
    elif isinstance(blueprint, YoloBlueprint):
        write_yolo(ops, blueprint, found.values)
    else:
        write_center_net(ops, blueprint, found.values, found.labels)
