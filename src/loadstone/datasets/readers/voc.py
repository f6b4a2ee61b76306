"""Pascal VOC: one XML for each picture, pictures in `JPEGImages/` or beside it, splits in `ImageSets/Main/`.

What it is: the reader. VOC counts pixels from 1 and a box holds its last column and row, so that `xmin 1, xmax 10` are
the ten leftmost columns: xyxy (0, …, 10, …) here. Programs that write VOC without being VOC often count from 0; a
dataset in which some box begins at 0 is of their kind, and its coordinates are taken as they are.
Fractions of a pixel are kept. What it is not: a reader of `<part>`s, poses or segmentations.
Specification: the PASCAL VOC2012 development kit, section "Annotation".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.class_list import settle
from loadstone.datasets.objects import make_objects
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.readers.place import Place, Spot, as_skipped, folder_of, spot
from loadstone.datasets.split_names import split_of_folder
from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example
from loadstone.wire.limits import ANNOTATION_BYTES, NAME_BYTES, PICTURE_OBJECTS
from loadstone.wire.xml import parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMAT = "voc"

_ROOT = re.compile(rb"<annotation[\s>/]", re.IGNORECASE)
_BARE = re.compile(rb"&(?!(?:[A-Za-z]{1,8}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_SETS = "ImageSets/Main/"
_SHOWN = re.compile(r"\s+(-1|0|1)\s*$")
_LIST_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class VocFile:
    """What one XML says. `boxes` are as they are written; `faults` tell of objects that could not be read.

    `origin` is what the first column is called, where the root states it, as our own writer does.
    """

    filename: str
    width: int
    height: int
    names: tuple[str, ...]
    boxes: tuple[tuple[float, float, float, float], ...]
    difficult: tuple[bool, ...]
    faults: tuple[str, ...] = ()
    origin: int | None = None


def sniff(place: Place, name: str) -> bool:
    """Whether a file is XML with an `<annotation>`."""
    # UTF-16, which Windows writes, is this ASCII with a zero beside each letter.
    return name.lower().endswith(".xml") and _ROOT.search(place.tree.head(name).replace(b"\0", b"")) is not None


def parse_voc(data: bytes, where: str = "") -> VocFile:
    """Return what an annotation says. Raises `FormatError` for what is not one."""
    try:
        root = parse_xml(data, where)
    except FormatError:
        # Programs that put texts together write a name's `&` as it is.
        if not _BARE.search(data):
            raise
        root = parse_xml(_BARE.sub(b"&amp;", data), where)
    for element in root.iter():
        # Some programs write `<Xmin>`.
        element.tag = element.tag.lower()
    if root.tag != "annotation":
        raise FormatError("not a VOC annotation", where=where, expected="<annotation>", found=f"<{root.tag[:80]}>")
    names: list[str] = []
    boxes: list[tuple[float, float, float, float]] = []
    difficult: list[bool] = []
    faults: list[str] = []
    for number, found in enumerate(root.findall("object")):
        if number >= PICTURE_OBJECTS:
            faults.append(f"more than {PICTURE_OBJECTS:,} objects")
            break
        name, box = (found.findtext("name") or "").strip(), _box(found)
        if not name or len(name) > NAME_BYTES or box is None:
            lacks = "a name" if not name or len(name) > NAME_BYTES else "a bndbox of four numbers"
            faults.append(f"object {number + 1} has not {lacks}")
            continue
        names.append(name)
        boxes.append(box)
        difficult.append((found.findtext("difficult") or "").strip().lower() in ("1", "true", "yes"))
    width, height = (_size(root.findtext(f"size/{side}")) for side in ("width", "height"))
    filename = (root.findtext("filename") or "").strip()
    origin = {"0": 0, "1": 1}.get(root.get("origin", ""))
    return VocFile(filename, width, height, tuple(names), tuple(boxes), tuple(difficult), tuple(faults), origin)


def _box(found: Element) -> tuple[float, float, float, float] | None:
    numbers = [_number(found.findtext(f"bndbox/{side}")) for side in _SIDES]
    if any(number is None for number in numbers):
        return None
    return tuple(numbers)  # type: ignore[return-value]


def _number(text: str | None) -> float | None:
    try:
        # A comma is what a point is in many countries.
        return float(text.replace(",", ".")) if text is not None and len(text) < 64 else None
    except ValueError:
        return None


def _size(text: str | None) -> int:
    number = _number(text)
    return int(number) if number is not None and 0 < number < 1 << 31 else 0


def read(place: Place) -> Dataset:
    """Read every annotation; one that is broken becomes a sentence."""
    gathered = Gathered(place.source, FORMAT)
    files: list[tuple[str, VocFile]] = []
    for name in place.names:
        try:
            file = parse_voc(place.tree.read(name, ANNOTATION_BYTES), name)
        except LoadstoneError as error:
            as_skipped(gathered, name, error)
            continue
        files.append((name, file))
        for fault in file.faults:
            gathered.skip(name, fault)
    classes, said = settle(sorted({name for _, file in files for name in file.names}), place.classes(lists=True))
    if said:
        gathered.note(said)
    origin = _origin(file for _, file in files if file.origin is None)
    positions = classes.by_name()
    sets = _sets(place, gathered)
    for name, file in files:
        gathered.add(_example(place, name, file, positions, origin), _listed(sets, name) or split_of_folder(name))
    notes = []
    if not origin:
        notes.append("some boxes begin at 0, so that coordinates are taken to count from 0, not from 1 as VOC's do")
    return gathered.dataset(classes.names, classes.ids, notes=notes)


def _origin(files: Iterator[VocFile]) -> int:
    """Return what the first column is called: 1 in VOC, 0 where some box begins there."""
    begins = (side for file in files for box in file.boxes for side in box[:2])
    return 0 if any(0 <= side < 1 for side in begins) else 1


def _example(place: Place, name: str, file: VocFile, positions: Mapping[str, int], origin: int) -> Example:
    boxes = np.asarray(file.boxes, np.float64).reshape(-1, 4)
    # The last column belongs to the box, so its right edge is the column's number where the first one is 1.
    boxes[:, :2] -= origin if file.origin is None else file.origin
    objects = make_objects(boxes, [positions.get(text, -1) for text in file.names], difficult=file.difficult)
    picture = _picture(place, name, file.filename)
    return Example(picture.key, name, file.width, file.height, objects, picture.read, picture.path)


def _picture(place: Place, name: str, filename: str) -> Spot:
    """Return where a picture lies: by its `<filename>`, else by the annotation's own name."""
    folder = folder_of(name)
    stem = name.rpartition("/")[2].rpartition(".")[0]
    above = folder_of(folder)
    near = f"{above}/JPEGImages".lstrip("/") if folder.rpartition("/")[2] == "Annotations" else folder
    split = split_of_folder(name)
    by_filename = spot(place, filename, near, split) if filename else None
    if by_filename is not None and by_filename.path is not None:
        return by_filename
    by_stem = spot(place, stem, near, split)
    return by_stem if by_stem.path is not None or by_filename is None else by_filename


def _listed(sets: Mapping[tuple[str, str], str], name: str) -> str:
    """Return the split that the lists nearest above an annotation give it, empty without any."""
    folder, _, last = name.rpartition("/")
    stem = last.rpartition(".")[0]
    while (folder, stem) not in sets and folder:
        folder = folder_of(folder)
    return sets.get((folder, stem), "")


def _sets(place: Place, gathered: Gathered) -> dict[tuple[str, str], str]:
    """Return (folder, stem) → split of the lists in a folder's `ImageSets/Main`.

    `trainval` counts for those that no other list has.
    """
    sets: dict[tuple[str, str], str] = {}
    for word, split in (("train", "train"), ("val", "val"), ("test", "test"), ("trainval", "train")):
        for name in place.tree.sizes:
            if not name.endswith(f"{_SETS}{word}.txt"):
                continue
            try:
                lines = place.tree.read(name, _LIST_BYTES).decode("utf-8", "replace").split("\n")
            except LoadstoneError as error:
                as_skipped(gathered, name, error)
                continue
            folder = name.removesuffix(f"{_SETS}{word}.txt").rstrip("/")
            for line in lines:
                # A list of one class has a second column: whether the picture shows it. A name may have spaces.
                if stem := _SHOWN.sub("", line).strip():
                    sets.setdefault((folder, stem), split)
    return sets
