"""Which function writes which kind of detector in a target's vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.export.center_net import write_center_net
from loadstone.export.dialect import Dialect
from loadstone.export.faster_rcnn import with_edges, write_faster_rcnn
from loadstone.export.ssd import write_ssd
from loadstone.export.yolo import write_yolo
from loadstone.runtime.rebuilt import Rebuilt

WRITERS: dict[type[Any], Callable[[Dialect, Any, Rebuilt], None]] = {
    Blueprint: lambda ops, blueprint, found: write_ssd(ops, blueprint, found.values),
    CenterNetBlueprint: lambda ops, blueprint, found: write_center_net(ops, blueprint, found.values, found.labels),
    FasterRcnnBlueprint: lambda ops, blueprint, found: write_faster_rcnn(ops, blueprint, found.values),
    YoloBlueprint: lambda ops, blueprint, found: write_yolo(ops, blueprint, found.values),
}
"""Type of the blueprint → who writes it."""


def as_exported(found: Rebuilt) -> Rebuilt:
    """Return the detector that an export is equal to: the same one, but for what no graph of another engine can say."""
    if isinstance(found.blueprint, FasterRcnnBlueprint):
        return replace(found, blueprint=with_edges(found.blueprint))
    return found


def write_detector(ops: Dialect, found: Rebuilt) -> None:
    """Write the whole detector; `UnsupportedModelError` names what has no form in a graph of fixed size."""
    WRITERS[type(found.blueprint)](ops, found.blueprint, found)
