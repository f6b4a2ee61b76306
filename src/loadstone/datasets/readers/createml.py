"""Create ML's JSON: a list of pictures, each with labels and boxes by their middle, width and height in pixels.

What it is: the reader. Specification: Apple's documentation, "Building an object detector data source", whose keys are
`imagefilename` and `annotation`; annotation tools write `image` and `annotations`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.datasets.readers.drawn import Box, Drawing, begins_with, read_drawn
from loadstone.datasets.readers.json_numbers import numbers_of
from loadstone.datasets.readers.place import Place
from loadstone.errors import FormatError
from loadstone.facts.dataset import Dataset

FORMAT = "createml"

_PICTURE = ("image", "imagefilename")
_LIST = ("annotations", "annotation")


def sniff(place: Place, name: str) -> bool:
    """Whether a JSON file is a list of pictures whose annotations have `coordinates`."""
    head = begins_with(place, name, b"[")
    return b'"coordinates"' in head and any(b'"%s"' % key.encode() in head for key in _PICTURE)


def read(place: Place) -> Dataset:
    """Read every file."""
    return read_drawn(place, FORMAT, parse)


def parse(value: Any, where: str) -> Iterator[Drawing]:
    """Yield the pictures of a document."""
    if not isinstance(value, list):
        raise FormatError("not a Create ML document", where=where, expected="a list of pictures")
    for number, entry in enumerate(value, 1):
        own = entry if isinstance(entry, dict) else {}
        called = next((own[key] for key in _PICTURE if isinstance(own.get(key), str)), "")
        drawing = Drawing(called, f"{where}: picture {number}")
        listed: list[Any] = next((own[key] for key in _LIST if isinstance(own.get(key), list)), [])
        for at, one in enumerate(listed):
            shape = one if isinstance(one, dict) else {}
            drawing.add(at, shape.get("label"), _box(shape.get("coordinates")))
        yield drawing


def _box(value: Any) -> Box | None:
    sides = numbers_of([value.get(key) for key in ("x", "y", "width", "height")]) if isinstance(value, dict) else None
    if sides is None:
        return None
    x, y, width, height = sides
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
