"""COCO's instances JSON: `images`, `annotations` with `bbox`, `categories`; keypoints and masks with them.

What it is: the reader. Boxes are x, y, width, height in pixels, counted from the picture's upper left corner at 0.
A mask (`segmentation`) is polygons, or run lengths, compressed or not, which are not looked into before it is drawn.
`difficult`, `group_of` and `weight` are keys that COCO has not; our own writer writes what other formats say in them.
Specification: cocodataset.org, "Data format".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.datasets.masks import run_mask
from loadstone.datasets.objects import make_objects
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.readers.json_numbers import number_of, numbers_of, side_of
from loadstone.datasets.readers.place import Place, as_skipped, folder_of, split_by_name, spot
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example, Objects
from loadstone.wire.encodings import as_utf8
from loadstone.wire.json import parse_json
from loadstone.wire.limits import (
    DATASET_JSON_BYTES,
    DATASET_JSON_VALUES,
    KEYPOINTS,
    MIB,
    NAME_BYTES,
    PICTURE_OBJECTS,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.masks import Mask

FORMAT = "coco"

_NEEDED = (b'"images"', b'"annotations"')
_EITHER = (b'"bbox"', b'"categories"')
_DIGITS = 19
"""Digits of a number below 2**63."""
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{|\xff\xfe|\xfe\xff")


def sniff(place: Place, name: str) -> bool:
    """Whether a JSON file has the keys of an instances document; captions have neither boxes nor categories."""
    if not name.lower().endswith(".json") or not _BEGINS.match(place.tree.head(name)):
        return False
    # A folder may hold a JSON for each picture; a view would keep every one of them open.
    small = (place.tree.size(name) or 0) <= MIB
    view = as_utf8(place.tree.read(name, MIB)) if small else place.tree.view(name)
    return all(_holds(view, key) for key in _NEEDED) and any(_holds(view, key) for key in _EITHER)


def _holds(view: Any, key: bytes) -> bool:
    found: int = view.find(key)
    return found >= 0


@dataclass(slots=True)
class Categories:
    """The classes of all files together, by name; a number that two files give to different names stays the first's."""

    ids: dict[str, int] = field(default_factory=dict)
    points: tuple[str, ...] = ()
    # A category that only groups the others (Roboflow writes one) is told by its name; the names that it groups by.
    groups: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def take(self, document: Mapping[str, Any], gathered: Gathered, where: str) -> dict[Any, str]:
        """Take in a file's categories; return its numbers → names."""
        names: dict[Any, str] = {}
        for entry in _objects(document.get("categories", ())):
            number, name = _id_of(entry.get("id")), entry.get("name")
            if number is None or not isinstance(name, str):
                gathered.skip(where, f"a category without a whole number and a name: {str(entry)[:80]}")
                continue
            twice = name in names.values()
            names[number] = name
            self.ids.setdefault(name, number if isinstance(number, int) else len(self.ids) + 1)
            if twice:
                gathered.note(
                    f"{where} has several categories called {name!r}, one of them {number}: they are one class"
                )
            elif self.ids[name] != number:
                gathered.note(f"{where} numbers {name!r} {number}, and another file {self.ids[name]}: the name counts")
            self._take_points(entry, gathered, where)
            if isinstance(group := entry.get("supercategory"), str) and group != name:
                self.groups.add(group)
        return names

    def _take_points(self, entry: Mapping[str, Any], gathered: Gathered, where: str) -> None:
        points = entry.get("keypoints")
        if not isinstance(points, list) or not points or len(points) > KEYPOINTS:
            return
        names = tuple(str(point) for point in points)
        if self.points and names != self.points:
            gathered.note(f"{where} names other keypoints for {entry['name']!r}: those of the first class count")
        self.points = self.points or names

    def ordered(self, gathered: Gathered) -> tuple[list[str], list[int]]:
        """Return names and numbers, by number; numbers that clash are given anew."""
        names = [name for name in self.ids if not self._only_groups(name)]
        for name in self.ids.keys() - set(names):
            gathered.note(f"the category {name!r} only groups the others and is left out")
        names.sort(key=lambda name: self.ids[name])
        numbers: list[int] = []
        for name in names:
            number = self.ids[name]
            if number in numbers:
                number = max(self.ids.values()) + 1
                gathered.note(f"the number {self.ids[name]} stands for two categories: {name!r} gets {number}")
                self.ids[name] = number
            numbers.append(number)
        return names, numbers

    def _only_groups(self, name: str) -> bool:
        return name in self.groups and name not in self.used and len(self.ids) > 1


@dataclass(slots=True)
class _Counts:
    """What is told in one sentence at the end."""

    strange: int = 0
    strays: int = 0
    outlined: int = 0
    unlisted: set[str] = field(default_factory=set)
    """Numbers of categories that annotations give and the file does not list, as they are written."""


def read(place: Place) -> Dataset:
    """Read every file; where `instances` and others stand for one split, the instances are read."""
    gathered = Gathered(place.source, FORMAT)
    categories = Categories()
    counts = _Counts()
    documents: list[tuple[str, _Document]] = []
    for name in _chosen(place.names, gathered):
        try:
            value = _document(place, name)
            documents.append((name, _Document(value, categories.take(value, gathered, name))))
        except LoadstoneError as error:
            if len(place.names) == 1:
                raise
            as_skipped(gathered, name, error)
    for _, document in documents:
        categories.used |= document.used_names()
    names, numbers = categories.ordered(gathered)
    positions = {name: position for position, name in enumerate(names)}
    while documents:
        # Each document is let go once it is read: the polygons of a large one take gigabytes.
        name, document = documents.pop(0)
        _read_one(place, name, document, positions, len(categories.points), gathered, counts)
    notes = []
    if counts.strange:
        notes.append(f"{counts.strange:,} masks are neither polygons nor run lengths and are not read; their boxes are")
    if counts.outlined:
        notes.append(f"{counts.outlined:,} annotations have no bbox: their boxes are those of their polygons")
    if counts.strays:
        notes.append(f"{counts.strays:,} annotations belong to no picture that the file lists")
    if counts.unlisted:
        numbers_said = ", ".join(sorted(counts.unlisted)[:5]) + (" and others" if len(counts.unlisted) > 5 else "")
        notes.append(f"annotations have a category_id that `categories` does not list: {numbers_said}")
    return gathered.dataset(names, numbers, categories.points, notes)


def _chosen(names: Sequence[str], gathered: Gathered) -> list[str]:
    instances = {split_by_name(name) for name in names if "instances" in name.rpartition("/")[2].lower()}
    chosen = []
    for name in names:
        if split_by_name(name) in instances and "instances" not in name.rpartition("/")[2].lower():
            gathered.note(f"{name} is not read, as the instances of the same pictures are; name it to have it read")
        else:
            chosen.append(name)
    return chosen


def _document(place: Place, name: str) -> dict[str, Any]:
    data = as_utf8(place.tree.read(name, DATASET_JSON_BYTES))
    value = parse_json(data, name, most_bytes=DATASET_JSON_BYTES, values=DATASET_JSON_VALUES)
    if not isinstance(value, dict) or not isinstance(value.get("images"), list):
        raise FormatError("not a COCO document", where=name, expected="an object with a list `images`")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _id_of(value: Any) -> int | str | None:
    """Return an id, the same one for 7, 7.0 and "7", which some programs write side by side; None for what is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        if value.isdecimal() and len(value) < _DIGITS and str(int(value)) == value:
            return int(value)
        return value if len(value) <= NAME_BYTES else None
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None


class _Document:
    """One file: its pictures, their annotations grouped, and its numbers of categories → names."""

    def __init__(self, document: dict[str, Any], names: dict[Any, str]) -> None:
        self.images = document["images"]
        self.names = names
        self.groups: dict[Any, list[dict[str, Any]]] = {}
        self.count = 0
        for annotation in _objects(document.get("annotations")):
            if (number := _id_of(annotation.get("image_id"))) is not None:
                self.groups.setdefault(number, []).append(annotation)
            self.count += 1

    def used_names(self) -> set[str]:
        """Return the names of categories that have an annotation."""
        numbers = {_id_of(annotation.get("category_id")) for group in self.groups.values() for annotation in group}
        return {self.names[number] for number in numbers if number in self.names}


def _read_one(
    place: Place,
    name: str,
    document: _Document,
    positions: Mapping[str, int],
    points: int,
    gathered: Gathered,
    counts: _Counts,
) -> None:
    split, near = split_by_name(name), folder_of(name)
    classes = {number: positions.get(text, -1) for number, text in document.names.items()}
    left = document.count
    for image in document.images:
        number = _id_of(image.get("id")) if isinstance(image, dict) else None
        called = image.get("file_name") if isinstance(image, dict) else None
        if number is None or not isinstance(called, str) or not called:
            gathered.skip(name, f"an image without id and file_name: {str(image)[:80]}")
            continue
        where = f"{name}: image {number}"
        group = document.groups.pop(number, [])
        left -= len(group)
        picture = spot(place, called, near, split)
        objects = _read_objects(group[:PICTURE_OBJECTS], classes, points, where, gathered, counts)
        width, height = side_of(image.get("width")), side_of(image.get("height"))
        example = Example(picture.key, where, width, height, objects, picture.read, picture.path, id=str(number))
        gathered.add(example, split)
    counts.strays += left


def _numbers(value: Any) -> list[float] | None:
    """Return a list of numbers as floats; None for anything else."""
    if not isinstance(value, list):
        return None
    # Asked of all at once: the corners of the polygons of train2017 are some fifty million numbers.
    kinds = set(map(type, value))
    if kinds == {float}:
        return value
    return numbers_of(value)


def _read_objects(
    group: list[dict[str, Any]],
    classes: Mapping[Any, int],
    points: int,
    where: str,
    gathered: Gathered,
    counts: _Counts,
) -> Objects:
    kept: list[dict[str, Any]] = []
    boxes: list[tuple[float, float, float, float]] = []
    for annotation in group:
        box = _numbers(annotation.get("bbox"))
        if not box and (corners := _outline(annotation.get("segmentation"))):
            counts.outlined += 1
            box = [min(corners[::2]), min(corners[1::2])]
            box += [max(corners[::2]) - box[0], max(corners[1::2]) - box[1]]
        if box is None or len(box) != 4:
            which = f"annotation {annotation['id']}" if "id" in annotation else "an annotation without id"
            stated = f"bbox is not four numbers but {str(annotation.get('bbox'))[:80]}"
            gathered.skip(where, f"{which}: {stated if 'bbox' in annotation else 'no bbox'}")
            continue
        kept.append(annotation)
        boxes.append((box[0], box[1], box[0] + box[2], box[1] + box[3]))
    numbers = [_id_of(annotation.get("category_id")) for annotation in kept]
    counts.unlisted.update(
        repr(annotation.get("category_id"))[:40]
        for annotation, number in zip(kept, numbers, strict=True)
        if number not in classes
    )
    areas = [number_of(annotation.get("area")) for annotation in kept]
    weights = [number_of(annotation.get("weight", 1.0)) for annotation in kept]
    return make_objects(
        boxes,
        [classes.get(number, -1) for number in numbers],
        crowd=[_flag(annotation, "iscrowd") for annotation in kept],
        difficult=[_flag(annotation, "difficult") for annotation in kept],
        group_of=[_flag(annotation, "group_of") for annotation in kept],
        weights=[1.0 if weight is None else weight for weight in weights],
        keypoints=_read_keypoints(kept, points),
        masks=[_mask(annotation.get("segmentation"), counts) for annotation in kept],
        areas=None if not any(area is not None for area in areas) else [_or_nan(area) for area in areas],
    )


def _outline(value: Any) -> list[float]:
    """Return the corners of an object's polygons in one flat list of x and y, empty without any."""
    lists = map(_numbers, value) if isinstance(value, list) else ()
    return [number for one in lists if one and len(one) % 2 == 0 for number in one]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _flag(annotation: Mapping[str, Any], key: str) -> bool:
    value = annotation.get(key)
    number = number_of(value)
    return value is True or (number is not None and number == number and number != 0)


def _read_keypoints(kept: list[dict[str, Any]], points: int) -> npt.NDArray[np.float64] | None:
    """Return (G, K, 3) of x, y, visibility, 0 for an object without keypoints; None where no class has any."""
    if not points:
        return None
    array = np.zeros((len(kept), points, 3), np.float64)
    for row, annotation in enumerate(kept):
        values = _numbers(annotation.get("keypoints"))
        if values is not None and len(values) == points * 3:
            array[row] = np.reshape(values, (points, 3))
    return array


def _mask(value: Any, counts: _Counts) -> Mask | None:
    """Return an object's mask: run lengths, or those of its polygons that have three corners; None without one."""
    found: Mask | None = None
    if isinstance(value, dict):
        found = _run_lengths(value)
    elif isinstance(value, list):
        lists = (_numbers(one) for one in value)
        found = tuple(tuple(one) for one in lists if one is not None and len(one) >= 6 and len(one) % 2 == 0) or None
    counts.strange += found is None and bool(value)
    return found


def _run_lengths(value: Mapping[str, Any]) -> Mask | None:
    size, lengths = value.get("size"), value.get("counts")
    if (
        not isinstance(size, list)
        or len(size) != 2
        or not all(type(side) is int and 0 < side < 1 << 31 for side in size)
    ):
        return None
    if isinstance(lengths, str) and lengths.isascii():
        return run_mask(lengths.encode(), *size)
    if isinstance(lengths, list) and all(type(one) is int and abs(one) < 1 << 63 for one in lengths):
        return run_mask(np.array(lengths, np.int64), *size)
    return None
