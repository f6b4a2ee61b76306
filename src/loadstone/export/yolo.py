"""A YOLO in a target's vocabulary, from uint8 picture to final boxes; rules: runtime's `yolo_plan`."""

from __future__ import annotations

from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS, YoloBlueprint
from loadstone.export.dialect import Dialect, Values
from loadstone.export.front import front
from loadstone.export.ssd import put_rows, share_of
from loadstone.runtime.conversions.convert_rebuilt import rows_of


def write_yolo(ops: Dialect, blueprint: YoloBlueprint, values: Values) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for an input without a fixed size."""
    way = front(ops, blueprint.resizer, blueprint.normalisation)
    heads = ops.network(blueprint.network, values, way.tensor)
    scores = ops.binary("multiply", *(ops.unary("sigmoid", heads[name]) for name in (OBJECTNESS, CLASSES)))
    share = share_of(ops, way.size, blueprint.resizer.output or (1, 1))
    put_rows(ops, heads[BOXES], scores, rows_of(blueprint), share=share, classes=blueprint.num_classes)
