"""YOLO's text: `labels/x.txt` for `images/x.jpg` (or beside it), names in `data.yaml`, `obj.names` or `classes.txt`.

What it is: the reader. Numbers are fractions of the picture as people see it, upright by its EXIF orientation, since
the programs that write and train on these labels show and open pictures so. Fractions become pixels with the size that
the picture's own first bytes state. A picture without a label file has no objects, as in training with YOLO.
Specification: docs.ultralytics.com, "Object Detection Datasets Overview"; Darknet's README for `obj.data`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.class_list import ClassList, find_class_list, from_numbers
from loadstone.datasets.objects import make_objects
from loadstone.datasets.picture_size import size_of
from loadstone.datasets.pictures import Found, is_picture, plain_parts, visible
from loadstone.datasets.readers.data_yaml import Value, parse_darknet, parse_settings
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.readers.place import Place, as_skipped, folder_of
from loadstone.datasets.readers.yolo_lines import YoloLine, looks_like_labels, parse_lines
from loadstone.datasets.split_names import split_of_folder
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import Dataset, Example, Objects
from loadstone.wire.limits import ANNOTATION_BYTES, DATA_YAML_BYTES, KEYPOINTS

if TYPE_CHECKING:
    import numpy.typing as npt

FORMAT = "yolo"

SETTINGS = (".yaml", ".yml", ".data")
_SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test"}
_LIST_BYTES = 1 << 28

ALONE = (
    "name the folder that holds the pictures beside the labels, or, for `loadstone data`, the pictures' own: --pictures"
)
"""What helps where labels are named without their pictures."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """What the settings file says: classes, keypoints, and for each split the folders and lists of its pictures."""

    where: str = ""
    names: ClassList | None = None
    shape: tuple[int, int] | None = None
    paths: Mapping[str, tuple[str, ...]] | None = None


def sniff(place: Place, name: str) -> bool:
    """Whether a file holds lines of labels, or is the settings file of a dataset."""
    lower = name.lower()
    if lower.endswith(".txt"):
        return looks_like_labels(place.tree.head(name))
    if not lower.endswith(SETTINGS):
        return False
    settings = _parse(place, name)
    return bool(settings) and "names" in settings and bool(_SPLITS.keys() & settings.keys())


def _parse(place: Place, name: str) -> Mapping[str, Value]:
    try:
        data = place.tree.read(name, DATA_YAML_BYTES)
        return parse_darknet(data) if name.lower().endswith(".data") else parse_settings(data, name)
    except LoadstoneError:
        return {}


def read(place: Place) -> Dataset:
    """Read the labels of every picture; what has a label file but no picture becomes a sentence."""
    gathered = Gathered(place.source, FORMAT)
    labels = {name for name in place.names if name.lower().endswith(".txt")}
    settings = _settings(place, [name for name in place.names if name not in labels], gathered)
    reader = _Reader(place, settings, gathered, labels)
    for found, split in reader.pictures():
        reader.add(found, split)
    reader.add_far()
    return reader.dataset()


def _settings(place: Place, names: Sequence[str], gathered: Gathered) -> _Settings:
    """Return what the outermost settings file says."""
    ordered = sorted(names, key=lambda name: (name.count("/"), name))
    for name in ordered[1:]:
        gathered.note(f"{name} is not used, as {ordered[0]} is")
    for sentence in _broken(place, names):
        gathered.note(sentence)
    if not ordered:
        return _Settings()
    name = ordered[0]
    found = _parse(place, name)
    count, listed = found.get("nc"), found.get("names")
    if isinstance(count, str) and count.isdecimal() and isinstance(listed, list | dict) and count != str(len(listed)):
        gathered.note(f"{name} says {count[:9]} classes (nc) and names {len(listed):,}: the names count")
    paths = {
        _SPLITS[key]: tuple([value] if isinstance(value, str) else value)
        for key, value in found.items()
        if key in _SPLITS and value
    }
    return _Settings(name, _names(place, name, found.get("names", "")), _shape(found.get("kpt_shape")), paths)


def _broken(place: Place, names: Sequence[str]) -> Iterator[str]:
    """Yield what keeps files that look like settings from being read."""
    for name in place.tree.sizes:
        if name in names or not visible(name) or not name.lower().endswith((".yaml", ".yml")):
            continue
        if b"names" not in place.tree.head(name):
            continue
        try:
            parse_settings(place.tree.read(name, DATA_YAML_BYTES), name)
        except LoadstoneError as error:
            yield f"{name} is not used: {error}"


def _names(place: Place, where: str, value: Value) -> ClassList | None:
    """Return the classes of a list, a mapping of numbers, or a file that is named."""
    if isinstance(value, str):
        last = (plain_parts(value) or [""])[-1]
        return find_class_list(place.tree, [n for n in place.tree.sizes if n.rpartition("/")[2] == last], lists=True)
    pairs = enumerate(value) if isinstance(value, list) else _numbered(value)
    names = {number: name for number, name in pairs if name}
    return from_numbers(names, where) if names else None


def _numbered(value: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    return ((int(key), name) for key, name in value.items() if key.isdecimal() and len(key) < 9)


def _shape(value: Value | None) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(word.isdecimal() for word in value):
        return None
    points, numbers = int(value[0][:9]), int(value[1][:9])
    return (points, numbers) if 0 < points <= KEYPOINTS and numbers in (2, 3) else None


class _Reader:
    """Pairs pictures with label files and reads them."""

    def __init__(self, place: Place, settings: _Settings, gathered: Gathered, labels: set[str]) -> None:
        self._place = place
        self._settings = settings
        self._gathered = gathered
        self._texts = {name for name in place.tree.sizes if name.lower().endswith(".txt") and visible(name)}
        self._labels = labels
        self._left = set(labels)
        self._lines: list[tuple[Found, str, str, tuple[int, int], list[YoloLine]]] = []
        self._unlabelled = 0

    def pictures(self) -> Iterator[tuple[Found, str]]:
        """Yield each picture and its split, as the settings list them, else as folders are called."""
        if listed := list(self._listed()):
            yield from listed
            return
        folders = {folder_of(name) for name in self._labels}
        for name in self._place.pictures.names:
            label = self._label_of(name)
            if (label in self._texts or folder_of(label) in folders) and (found := self._place.pictures.named(name)):
                yield found, split_of_folder(name)

    def _listed(self) -> Iterator[tuple[Found, str]]:
        for split, paths in (self._settings.paths or {}).items():
            names = [name for path in paths for name in self._in(path)]
            if not names:
                self._gathered.note(f"{self._settings.where} names {paths[0]!r} for {split}, where no picture is")
            for name in names:
                if found := self._place.pictures.named(name):
                    yield found, split

    def _in(self, path: str) -> Iterator[str]:
        """Yield the pictures of a folder or list that the settings name; the longest end of its path that is here."""
        parts = plain_parts(path)
        base = folder_of(self._settings.where)
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            for name in dict.fromkeys((f"{base}/{tail}".lstrip("/"), tail)):
                if name in self._texts:
                    yield from self._in_list(name)
                    return
                if inside := [picture for picture in self._place.pictures.names if picture.startswith(f"{name}/")]:
                    yield from inside
                    return

    def _in_list(self, name: str) -> Iterator[str]:
        """Yield the pictures that a list names, line by line."""
        text = self._place.tree.read(name, _LIST_BYTES).decode("utf-8", "replace")
        for line in filter(None, map(str.strip, text.splitlines())):
            if not is_picture(line):
                continue
            try:
                yield self._place.pictures.find(line, folder_of(name)).name
            except LoadstoneError as error:
                as_skipped(self._gathered, name, error)

    @staticmethod
    def _label_of(picture: str) -> str:
        """Return where the labels of a picture belong: `labels/` in the place of the last `images/`, or beside it."""
        stem = picture.rpartition(".")[0] + ".txt"
        before, found, after = f"/{stem}".rpartition("/images/")
        return f"{before}/labels/{after}"[1:] if found and before else f"labels/{after}" if found else stem

    def add(self, found: Found, split: str) -> None:
        """Read the labels of one picture."""
        own = self._label_of(found.name)
        beside = found.name.rpartition(".")[0] + ".txt"
        label = next((name for name in (own, beside) if name in self._texts), "")
        self._left.discard(label)
        self._read(found, split, label)

    def add_far(self) -> None:
        """Read the label files whose picture lies in a folder that the user gave, or nowhere."""
        for label in sorted(self._left):
            stem = label.rpartition("/")[2].rpartition(".")[0]
            try:
                self._read(self._place.pictures.find(stem, folder_of(label)), split_of_folder(label), label)
            except LoadstoneError as error:
                self._gathered.skip(label, f"its picture is not there: {error.fact}")

    def _read(self, found: Found, split: str, label: str) -> None:
        try:
            head = size_of(found)
            data = self._place.tree.read(label, ANNOTATION_BYTES) if label else b""
        except LoadstoneError as error:
            as_skipped(self._gathered, label or found.name, error)
            return
        lines, faults = parse_lines(data, self._settings.shape)
        for fault in faults:
            self._gathered.skip(label, fault)
        self._unlabelled += not label
        self._lines.append((found, split, label, head.upright, lines))

    def _classes(self) -> ClassList | None:
        """Return the classes by their numbers in label files, which count from 0 also where a label map does from 1."""
        given = self._place.given
        if given is not None and 0 not in given.ids:
            return from_numbers(dict(enumerate(given.names)), given.where)
        if given := given or self._settings.names:
            return given
        plain = (name for name in self._place.outermost_first() if not name.lower().endswith(".pbtxt"))
        return find_class_list(self._place.tree, plain, lists=True)

    def dataset(self) -> Dataset:
        """Return the dataset; classes without a name are called by their number."""
        used = {line.number for *_, lines in self._lines for line in lines}
        classes = self._classes()
        if classes is None:
            classes = from_numbers({number: str(number) for number in sorted(used)})
            if used:
                self._gathered.note("no file names the classes: they are called by their numbers")
        if self._unlabelled:
            self._gathered.note(f"{self._unlabelled:,} pictures have no label file: they count as without objects")
        positions = classes.by_id()
        shape = self._settings.shape
        for found, split, label, size, lines in self._lines:
            objects = _objects(lines, positions, size, shape[0] if shape else 0)
            where = label or found.name
            example = Example(found.name, where, *size, objects, found.read, found.path, upright=True)
            self._gathered.add(example, split)
        points = [str(number) for number in range(shape[0])] if shape else []
        alone = ALONE if self._left and not self._place.pictures.names else ""
        return self._gathered.dataset(classes.names, classes.ids, points, help=alone)


def _objects(lines: Sequence[YoloLine], positions: Mapping[int, int], size: tuple[int, int], points: int) -> Objects:
    scale = np.asarray([*size, *size], np.float64)
    boxes = np.asarray([line.box for line in lines], np.float64).reshape(-1, 4) * scale
    return make_objects(
        boxes,
        [positions.get(line.number, -1) for line in lines],
        keypoints=_keypoints(lines, size, points) if points else None,
        masks=[_outline(line.outline, size) for line in lines],
    )


def _outline(corners: Iterable[float], size: tuple[int, int]) -> tuple[tuple[float, ...], ...] | None:
    outline = tuple(value * size[at % 2] for at, value in enumerate(corners))
    return (outline,) if outline else None


def _keypoints(lines: Sequence[YoloLine], size: tuple[int, int], points: int) -> npt.NDArray[np.float64]:
    array = np.zeros((len(lines), points, 3), np.float64)
    for row, line in enumerate(lines):
        if line.keypoints:
            array[row] = np.reshape(line.keypoints, (points, 3)) * (*size, 1.0)
    return array
