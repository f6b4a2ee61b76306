"""Slices of a layer's output: `SlicingOpLambda` of Keras 2 → an operation of Keras 3.

An ellipsis cannot stand in HDF5's configuration: Keras 3's JSON reader turns it into Python's own before its
deserializer, which does not know that, sees it. What it leaves out is therefore said by axes counted from the end.
"""

from __future__ import annotations

from typing import Any

from loadstone.formats.keras.keras_layers import is_object

Slice = tuple[str, Any, dict[str, Any]]
"""The operation's class, its second input (None: it has one), its settings."""


def slice_of(spec: Any, *, in_archive: bool) -> Slice | None:
    """Return the operation for a slice's specification; None where none is known."""
    items = spec if isinstance(spec, list) else [spec]
    places = [number for number, item in enumerate(items) if _is_ellipsis(item)]
    if places == [len(items) - 1]:
        items, places = items[:-1], []
    if places and not in_archive:
        return _from_the_end(items[1:]) if places == [0] and len(items) == 2 else None
    if any(isinstance(item, list) for item in items):
        return None
    return "GetItem", [_item(item) for item in items], {}


def _is_ellipsis(item: Any) -> bool:
    return isinstance(item, dict) and item.get("class_name") == "__ellipsis__"


def _item(item: Any) -> Any:
    if _is_ellipsis(item):
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(item, dict) and not is_object(item):
        return {"class_name": "__slice__", "config": {key: item.get(key) for key in ("start", "stop", "step")}}
    return item


def _from_the_end(items: list[Any]) -> Slice | None:
    """Return the operation for `x[..., item]`."""
    item = items[0]
    if item is None:
        return "ExpandDims", None, {"axis": -1}
    if isinstance(item, int):
        return "Take", item, {"axis": -1}
    if not isinstance(item, dict):
        return None
    start, stop, step = item.get("start"), item.get("stop"), item.get("step")
    if start is None and stop is None and step == -1:
        return "Flip", None, {"axis": -1}
    if isinstance(stop, int) and stop > (start or 0) >= 0 and step in (None, 1):
        indices = list(range(start or 0, stop))
        return "Take", {"class_name": "__numpy__", "config": {"value": indices, "dtype": "int32"}}, {"axis": -1}
    return None
