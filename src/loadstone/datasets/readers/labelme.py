"""LabelMe's JSON: one for each picture, with `shapes`, `imagePath` and, mostly, the picture itself in `imageData`.

What it is: the reader. Polygons are masks, and boxes what surrounds them; rectangles and circles are boxes. Shapes of
one class that share a `group_id` are one object. Points and lines enclose nothing and are counted.
Specification: the annotator's repository, wkentaro/labelme, as facts: a rectangle is two opposite corners, a circle its
middle and a point on it, a mask the corners of its first and last pixel and a PNG of what lies between.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.datasets.masks import picture_mask
from loadstone.datasets.readers.drawn import CORNERS, Box, Drawing, around, begins_with, document, outline, read_drawn
from loadstone.datasets.readers.json_numbers import numbers_of, side_of
from loadstone.datasets.readers.place import Place
from loadstone.errors import FormatError, LimitError
from loadstone.facts.dataset import Dataset
from loadstone.facts.masks import PixelMask
from loadstone.wire.limits import PICTURE_PIXELS

if TYPE_CHECKING:
    from loadstone.facts.masks import Mask, Pixels

FORMAT = "labelme"

_NOTHING = ("point", "points", "line", "linestrip", "line_strip")
"""Kinds of shapes that enclose nothing."""


def sniff(place: Place, name: str) -> bool:
    """Whether a JSON file has the keys of one picture's shapes."""
    head = begins_with(place, name, b"{")
    # Long outlines, or the picture itself, may stand between the keys.
    return b'"shapes"' in head and any(key in head for key in (b'"imagePath"', b'"imageData"', b'"points"'))


def read(place: Place) -> Dataset:
    """Read every file."""
    return read_drawn(place, FORMAT, partial(parse, place=place))


def parse(value: Any, where: str, place: Place | None = None) -> Iterator[Drawing]:
    """Yield the picture of a document; with its `place`, with the bytes that the document holds."""
    if not isinstance(value, dict) or not isinstance(value.get("shapes"), list):
        raise FormatError("not a LabelMe document", where=where, expected="an object with a list `shapes`")
    stem = where.rpartition("/")[2].rpartition(".")[0]
    called = value.get("imagePath")
    called = called if isinstance(called, str) and called else stem
    drawing = Drawing(called, where, (side_of(value.get("imageWidth")), side_of(value.get("imageHeight"))))
    if place is not None and isinstance(value.get("imageData"), str):
        drawing.inside = partial(_picture_in, place, where)
    for shape in _grouped(value["shapes"], drawing):
        drawing.add(shape.number, shape.name, shape.box, shape.mask, difficult=shape.difficult)
    yield drawing


def _picture_in(place: Place, name: str) -> bytes:
    """Return the picture that a document holds; it is read again, as all of them together would fill the memory."""
    value = document(place, name)
    try:
        return base64.b64decode(value["imageData"])
    except (binascii.Error, ValueError, TypeError, LookupError) as error:
        raise FormatError("imageData is no picture in base64", where=name) from error


@dataclass(slots=True)
class _Shape:
    number: int
    name: Any
    box: Box | None
    mask: Mask | None
    difficult: bool


def _grouped(shapes: list[Any], drawing: Drawing) -> list[_Shape]:
    """Return the shapes, parts of one object together; what encloses nothing is counted."""
    found: list[_Shape] = []
    groups: dict[tuple[str, str], _Shape] = {}
    for number, entry in enumerate(shapes):
        own = entry if isinstance(entry, dict) else {}
        kind = own.get("shape_type") or "polygon"
        if kind in _NOTHING:
            drawing.lines += 1
            continue
        box, mask = _shape(kind, own, drawing.size)
        shape = _Shape(number, own.get("label"), box, mask, own.get("difficult") is True)
        key = (str(shape.name), repr(own.get("group_id")))
        if own.get("group_id") is None or box is None or isinstance(mask, PixelMask):
            found.append(shape)
        elif (first := groups.get(key)) is None or first.box is None:
            groups[key] = shape
            found.append(shape)
        else:
            first.box = (*map(min, first.box[:2], box[:2]), *map(max, first.box[2:], box[2:]))  # type: ignore[assignment]
            first.mask = (*first.mask, *mask) if isinstance(first.mask, tuple) and isinstance(mask, tuple) else None
    return found


def _shape(kind: Any, own: dict[str, Any], size: tuple[int, int]) -> tuple[Box | None, Mask | None]:
    points = [numbers_of(point) for point in own.get("points", ())] if isinstance(own.get("points"), list) else []
    corners = [(point[0], point[1]) for point in points if point is not None and len(point) == 2]
    if not corners or len(corners) != len(points):
        return None, None
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    if kind == "circle" and len(corners) == 2:
        reach = math.hypot(xs[1] - xs[0], ys[1] - ys[0])
        return (xs[0] - reach, ys[0] - reach, xs[0] + reach, ys[0] + reach), None
    box = around(xs, ys)
    if kind == "mask" and box is not None and len(corners) == 2 and isinstance(own.get("mask"), str):
        return (box[0], box[1], box[2] + 1, box[3] + 1), _pixels(own["mask"], box, size)
    if kind == "polygon" and len(corners) < CORNERS:
        return None, None
    return box, outline(xs, ys) if kind == "polygon" else None


def _pixels(text: str, box: Box, size: tuple[int, int]) -> Mask | None:
    """Return the mask of a PNG in base64 whose first pixel lies at a box's first corner; None without the size."""
    if not all(size) or not all(map(math.isfinite, box)):
        return None
    return PixelMask(partial(_pasted, text, (int(box[0]), int(box[1])), size), text.encode)


def _pasted(text: str, first: tuple[int, int], size: tuple[int, int]) -> Pixels:
    (left, top), (width, height) = first, size
    if width * height > PICTURE_PIXELS:
        expected, found = f"at most {PICTURE_PIXELS:,} pixels", f"{width} × {height}"
        raise LimitError("a mask of too large a picture", expected=expected, found=found)
    try:
        own = picture_mask(partial(base64.b64decode, text)).draw()
    except ValueError as error:
        raise FormatError("a mask is no picture in base64") from error
    whole = np.zeros((height, width), bool)
    if min(left, top) < 0 or top + own.shape[0] > height or left + own.shape[1] > width:
        raise FormatError("a mask reaches out of its picture", found=f"{own.shape[1]} × {own.shape[0]} at {first}")
    whole[top : top + own.shape[0], left : left + own.shape[1]] = own
    return whole
