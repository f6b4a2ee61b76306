"""The VGG Image Annotator's JSON: a project, or its exported annotations; pictures with regions.

What it is: the reader of versions 1 and 2. Polygons are masks, and boxes what surrounds them; rectangles, circles,
ellipses and lines of several corners are boxes. Specification: as `csv_via`, "Export Annotations (as json)".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.datasets.readers.csv_via import box_of, class_of
from loadstone.datasets.readers.drawn import Drawing, begins_with, outline, read_drawn
from loadstone.datasets.readers.json_numbers import numbers_of
from loadstone.datasets.readers.place import Place
from loadstone.errors import FormatError
from loadstone.facts.dataset import Dataset

FORMAT = "via"

_PICTURES = "_via_img_metadata"
"""What a project has its pictures under; an export is that alone."""

_NOTHING = ("point", "line")
"""Kinds of shapes that enclose nothing."""


def sniff(place: Place, name: str) -> bool:
    """Whether a JSON file has the keys of a project or an export."""
    head = begins_with(place, name, b"{")
    return f'"{_PICTURES}"'.encode() in head or all(key in head for key in (b'"filename"', b'"regions"'))


def read(place: Place) -> Dataset:
    """Read every file."""
    return read_drawn(place, FORMAT, parse)


def parse(value: Any, where: str) -> Iterator[Drawing]:
    """Yield the pictures of a document."""
    found = value.get(_PICTURES, value) if isinstance(value, dict) else None
    if not isinstance(found, dict):
        raise FormatError("not a document of the VGG Image Annotator", where=where, expected="an object of pictures")
    for key, entry in found.items():
        # Beside the pictures an export may have keys of the program's own.
        if not isinstance(entry, dict) or not isinstance(entry.get("filename"), str):
            continue
        drawing = Drawing(entry["filename"], f"{where}: {key[:80]}")
        regions = entry.get("regions")
        listed = list(regions.values()) if isinstance(regions, dict) else regions if isinstance(regions, list) else []
        for number, region in enumerate(listed):
            _take(drawing, number, region if isinstance(region, dict) else {})
        yield drawing


def _take(drawing: Drawing, number: int, region: dict[str, Any]) -> None:
    shape, attributes = region.get("shape_attributes"), region.get("region_attributes")
    shape = shape if isinstance(shape, dict) else {}
    kind = shape.get("name")
    if kind in _NOTHING:
        drawing.lines += 1
        return
    try:
        left, top, right, bottom = box_of(shape)
        box = (left, top, right, bottom)
    except ValueError:
        drawing.add(number, "none", None)
        return
    corners = [numbers_of(shape.get(f"all_points_{axis}")) or [] for axis in "xy"] if kind == "polygon" else [[], []]
    named = class_of(attributes) if isinstance(attributes, dict) else ""
    drawing.add(number, named, box, outline(*corners))
