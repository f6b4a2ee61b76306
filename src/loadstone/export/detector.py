"""Which function writes which kind of detector in a target's vocabulary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.blueprint.clipping import Clipping, clipping_as
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.blueprint.parts import Blueprint
from loadstone.blueprint.yolo_parts import YoloBlueprint
from loadstone.export.center_net import write_center_net
from loadstone.export.dialect import Dialect
from loadstone.export.faster_rcnn import with_edges, write_faster_rcnn
from loadstone.export.ssd import write_ssd
from loadstone.export.targets import Reader
from loadstone.export.yolo import write_yolo
from loadstone.runtime.rebuilt import Rebuilt

WRITERS: dict[type[Any], Callable[[Dialect, Any, Rebuilt], None]] = {
    Blueprint: lambda ops, blueprint, found: write_ssd(ops, blueprint, found.values),
    CenterNetBlueprint: lambda ops, blueprint, found: write_center_net(ops, blueprint, found.values, found.labels),
    FasterRcnnBlueprint: lambda ops, blueprint, found: write_faster_rcnn(ops, blueprint, found.values),
    YoloBlueprint: lambda ops, blueprint, found: write_yolo(ops, blueprint, found.values),
}
"""Type of the blueprint → who writes it."""


EDGES = "a crop's samples on the map's edge count; the original drops those that rounding puts beyond it"
CLIPPING = "no configuration can say how the graph clips boxes: they are clipped as by the original since 2020"


def as_exported(found: Rebuilt, reader: Reader) -> tuple[Rebuilt, str]:
    """Return the detector that an export is equal to, and in what it differs from the one that is exported, or nothing.

    It is what a graph of another engine, or a configuration, can say.
    """
    if reader == "checkpoint":
        blueprint, said = clipping_as(found.blueprint, Clipping()), CLIPPING
    elif isinstance(found.blueprint, FasterRcnnBlueprint):
        blueprint, said = with_edges(found.blueprint), EDGES
    else:
        return found, ""
    return replace(found, blueprint=blueprint), "" if blueprint == found.blueprint else said


def write_detector(ops: Dialect, found: Rebuilt) -> None:
    """Write the whole detector; `UnsupportedModelError` names what has no form in such a graph."""
    WRITERS[type(found.blueprint)](ops, found.blueprint, found)
