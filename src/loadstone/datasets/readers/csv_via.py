"""Cells of the VGG Image Annotator's CSV: a region's shape and its attributes, each a small JSON object.

What it is: shape → the box round it, attributes → the class, for `via` too, whose JSON holds the same objects. What it
is not: outlines; a CSV has boxes only.
Specification: the annotator's user guide at robots.ox.ac.uk, "Export Annotations": `filename, file_size,
file_attributes, region_count, region_id, region_shape_attributes, region_attributes`, version 1's with `#` in front.
"""

from __future__ import annotations

from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.wire.json import parse_json

COLUMNS = {"regionshapeattributes", "regionattributes"}
"""What tells this layout from others, as small letters alone."""

_CLASS = ("class", "classname", "label", "labelname", "category", "name", "type", "object")
"""Attributes that are taken for the class, the first that a region has; else its only one."""


def region(cell: str) -> list[float]:
    """Return a region's box, xyxy in pixels; empty without a region. Raises `ValueError` for a shape without area."""
    shape = _object(cell)
    return box_of(shape) if shape else []


def box_of(shape: dict[str, Any]) -> list[float]:
    """Return the box round a shape, xyxy in pixels; raises `ValueError` for one without area, or of no numbers."""
    try:
        return _box(shape)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError(str(shape)[:80]) from error


def _box(shape: dict[str, Any]) -> list[float]:
    kind = shape.get("name")
    if kind == "rect":
        left, top = float(shape["x"]), float(shape["y"])
        return [left, top, left + float(shape["width"]), top + float(shape["height"])]
    if kind in ("circle", "ellipse"):
        x, y = float(shape["cx"]), float(shape["cy"])
        across, down = (float(shape[side] if kind == "ellipse" else shape["r"]) for side in ("rx", "ry"))
        return [x - across, y - down, x + across, y + down]
    if kind in ("polygon", "polyline"):
        xs, ys = (list(map(float, shape[f"all_points_{axis}"])) for axis in "xy")
        return [min(xs), min(ys), max(xs), max(ys)]
    raise ValueError(kind)


def attribute(cell: str) -> str:
    """Return the class that a region's attributes name, as `class_of` does."""
    return class_of(_object(cell))


def class_of(attributes: dict[str, Any]) -> str:
    """Return the class that attributes name, empty where none does: a text, or the box that is ticked."""
    stated = {str(key).lower().replace("_", ""): value for key, value in attributes.items()}
    keys = [key for key in _CLASS if key in stated] or (list(stated) if len(stated) == 1 else [])
    for key in keys:
        value = stated[key]
        ticked = [name for name, on in value.items() if on] if isinstance(value, dict) else [value]
        if len(ticked) == 1 and isinstance(ticked[0], str | int):
            return str(ticked[0]).strip()
    return ""


def _object(cell: str) -> dict[str, Any]:
    """Return a cell's JSON object, empty for an empty cell. Raises `ValueError` for anything else."""
    try:
        value = parse_json(cell) if cell else {}
    except LoadstoneError as error:
        raise ValueError(cell) from error
    if not isinstance(value, dict):
        raise ValueError(cell)
    return value
