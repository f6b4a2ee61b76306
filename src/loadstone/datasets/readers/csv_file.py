"""CSV files of boxes, a row an object, in the layouts of `csv_layout`.

What it is: the reader. Sides are pixels counted from 0, or fractions of the picture where none of a file passes 1.
A row whose sides are empty is a picture without objects, as keras-retinanet writes it; with a class, a note says
so. Tables without a column for the class are read where there are no others.
Class names come from a label map, from a table of names and numbers beside it (keras-retinanet's class file, Open
Images' class descriptions), or from the rows.
Specification: the generate_tfrecord scripts of the Object Detection API's tutorials; keras-retinanet's README, "CSV
datasets"; storage.googleapis.com/openimages, "Data formats".
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.class_list import ClassList, settle
from loadstone.datasets.objects import make_objects
from loadstone.datasets.picture_size import size_of
from loadstone.datasets.readers.csv_layout import ONLY_CLASS, Layout, labels_of_pictures, layout_of
from loadstone.datasets.readers.csv_rows import pairs, rows
from loadstone.datasets.readers.gathered import Gathered, Sentences
from loadstone.datasets.readers.place import Place, Spot, as_skipped, folder_of, split_by_name, spot
from loadstone.datasets.split_names import split_of
from loadstone.errors import FormatError, LimitError, LoadstoneError
from loadstone.facts.dataset import Dataset, Example, Objects
from loadstone.wire.encodings import as_utf8
from loadstone.wire.limits import DATASET_ROWS, DATASET_TEXT_BYTES, LABEL_BYTES, NAME_BYTES
from loadstone.wire.protobuf import Buffer

if TYPE_CHECKING:
    import numpy.typing as npt

FORMAT = "csv"
ENDINGS = (".csv", ".tsv")

_COLUMNS = 7
"""x1, y1, x2, y2, the class's place among the names of the file, flags, weight: a row in memory."""
_ONE = 1.01
"""The largest fraction: a corner and an extent of three digits each add up to so much."""

_BEFORE = ("# ", "sep=")
"""What a line begins with that is no row."""

_FLAGS = ("crowd", "difficult", "group_of")
_CLASSES = 100_000
_LABELLED = 50_000_000


def sniff(place: Place, name: str) -> bool:
    """Whether a file's first line shows a layout of boxes."""
    return name.lower().endswith(ENDINGS) and layout_of(_first_line(place.tree.head(name))) is not None


def _first_line(head: bytes) -> str:
    """Return the first line that is a row: neither empty nor a comment, nor what tells a spreadsheet the delimiter."""
    lines = as_utf8(head).decode("utf-8-sig", "replace").split("\n")
    return next((line for line in lines if line.strip() and not line.startswith(_BEFORE)), "")


@dataclass(slots=True)
class CsvPicture:
    """What the rows of one picture say: `values` has `_COLUMNS` numbers for each object."""

    line: int
    size: tuple[int, int] = (0, 0)
    split: str = ""
    values: array[float] = field(default_factory=lambda: array("d"))


@dataclass(slots=True)
class CsvTable:
    """A file's pictures by what it calls them, the classes it names, and whether its numbers are fractions."""

    pictures: dict[str, CsvPicture] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    faults: Sentences = field(default_factory=Sentences)
    boxless: int = 0
    """Rows with a class and no box."""
    largest: float = 0.0

    @property
    def fractions(self) -> bool:
        """Whether no side passes 1, but for what rounding adds: no table is of boxes of one pixel in the corner."""
        return 0 < self.largest <= _ONE


def parse_table(data: Buffer, layout: Layout) -> CsvTable:
    """Return the rows of a CSV, grouped by picture; rows that are none become sentences."""
    if len(data) > DATASET_TEXT_BYTES:
        raise LimitError(
            "a CSV longer than is read", expected=f"at most {DATASET_TEXT_BYTES:,}", found=f"{len(data):,}"
        )
    table = CsvTable()
    found = rows(data, layout.delimiter)
    for count, (line, row) in enumerate(each for each in found if not each[1][0].startswith(_BEFORE)):
        if layout.header and count == 0:
            continue
        if count > DATASET_ROWS:
            raise LimitError(f"more than {DATASET_ROWS:,} rows", where=f"line {line:,}")
        try:
            _take(table, layout, line, row)
        except ValueError:
            table.faults.add(f"line {line:,}: not a box: {','.join(row)[:80]!r}")
    return table


def _take(table: CsvTable, layout: Layout, line: int, row: list[str]) -> None:
    """Take one row in; raises `ValueError` for one that is no box."""
    called = row[layout.picture].strip() if len(row) > layout.picture else ""
    if not called or len(called) > NAME_BYTES or len(row) < layout.width:
        raise ValueError(called)
    label, numbers = layout.object_of(row)
    if numbers and (not label or len(label) > NAME_BYTES):
        raise ValueError(label)
    more = {name: row[at].strip() for name, at in layout.more.items() if at < len(row)}
    picture = table.pictures.get(called)
    if picture is None:
        size = (_size(more.get("width", "")), _size(more.get("height", "")))
        picture = table.pictures[called] = CsvPicture(line, size, split_of(more.get("split", "")))
    if not numbers:
        table.boxless += bool(label)
        return
    flags = sum(1 << at for at, name in enumerate(_FLAGS) if more.get(name, "").lower() in ("1", "true", "yes", "1.0"))
    weight = float(more.get("weight") or 1.0)
    place = table.names.setdefault(label, len(table.names))
    picture.values.extend((*numbers, place, flags, weight))
    finite = [number for number in numbers if math.isfinite(number)]
    table.largest = max(table.largest, *finite, 0.0)


def _size(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        return 0
    return int(number) if 0 < number < 1 << 31 else 0


def read(place: Place) -> Dataset:
    """Read every table."""
    gathered = Gathered(place.source, FORMAT)
    tables: list[tuple[str, CsvTable]] = []
    layouts: dict[str, Layout] = {}
    for name in place.names:
        try:
            data = place.tree.view(name)
            layout = layout_of(_first_line(bytes(data[:4096])))
            if layout is None:
                raise FormatError("no column for a picture, a class and four sides in the first line", where=name)
            tables.append((name, parse_table(data, layout)))
            layouts[name] = layout
        except LoadstoneError as error:
            as_skipped(gathered, name, error)
    tables = _with_class(tables, layouts, gathered)
    for name, table in tables:
        gathered.skip_all(name, table.faults)
        if table.boxless:
            gathered.note(
                f"{table.boxless:,} rows of {name} have a class and no box: their pictures show no object there"
            )
    words = {word for _, table in tables for word in table.names}
    classes, said = settle(sorted(words), place.classes() or _class_table(place, words))
    if said:
        gathered.note(said)
    verified = _verified(place, classes, gathered)
    for name, table in tables:
        _add(place, gathered, name, table, classes, verified)
    return gathered.dataset(classes.names, classes.ids)


def _with_class(
    tables: list[tuple[str, CsvTable]], layouts: Mapping[str, Layout], gathered: Gathered
) -> list[tuple[str, CsvTable]]:
    """Return the tables that name classes; where none does, all of them, which is said."""
    nameless = [name for name, _ in tables if layouts[name].label is None]
    if nameless and len(nameless) < len(tables):
        for name in nameless:
            gathered.note(f"{name} is not read: it has no column for a class, and other tables have one")
        return [(name, table) for name, table in tables if name not in nameless]
    for name in nameless:
        gathered.note(f"no column of {name} names a class: all its objects are called {ONLY_CLASS!r}")
    return tables


def _class_table(place: Place, words: set[str]) -> ClassList | None:
    """Return the classes of a table of two columns: a name and its number, or a word and the name to show for it."""
    for name in place.tree.sizes:
        if not name.lower().endswith(ENDINGS) or name in place.names or (place.tree.size(name) or 0) > LABEL_BYTES:
            continue
        try:
            found = pairs(place.tree.read(name, LABEL_BYTES), _CLASSES, "\t" if name.lower().endswith(".tsv") else ",")
        except LoadstoneError:
            continue
        if not found or not words & found.keys():
            continue
        if all(second.isdecimal() and len(second) < 9 for second in found.values()):
            ordered = sorted(found, key=lambda word: int(found[word]))
            return ClassList(tuple(ordered), tuple(int(found[word]) for word in ordered), where=name)
        used = sorted((word for word in words if word in found), key=lambda word: (found[word], word))
        shown = [found[word] for word in used]
        names = tuple(text if shown.count(text) == 1 else word for text, word in zip(shown, used, strict=True))
        positions = {word: position for position, word in enumerate(used)}
        return ClassList(names, tuple(range(1, len(used) + 1)), positions, where=name)
    return None


def _verified(place: Place, classes: ClassList, gathered: Gathered) -> dict[str, set[int]] | None:
    """Return picture → classes that were looked for in all of it, from tables of whole pictures; None without any."""
    found: dict[str, set[int]] | None = None
    positions = classes.by_name()
    for name in place.tree.sizes:
        if not name.lower().endswith(".csv") or name in place.names:
            continue
        columns = labels_of_pictures(_first_line(place.tree.head(name)))
        if columns is None:
            continue
        found = {} if found is None else found
        try:
            for line, row in rows(place.tree.view(name)):
                if line > _LABELLED:
                    raise LimitError(f"more than {_LABELLED:,} rows", where=name)
                if len(row) > max(columns) and (position := positions.get(row[columns[1]].strip())) is not None:
                    found.setdefault(row[columns[0]].strip(), set()).add(position)
        except LoadstoneError as error:
            as_skipped(gathered, name, error)
    return found


def _add(
    place: Place,
    gathered: Gathered,
    name: str,
    table: CsvTable,
    classes: ClassList,
    verified: Mapping[str, set[int]] | None,
) -> None:
    split, near = split_by_name(name), folder_of(name)
    positions = classes.by_name()
    order = np.asarray([positions.get(word, -1) for word in table.names], np.int64)
    for called, picture in table.pictures.items():
        where = f"{name}: line {picture.line:,}"
        own = picture.split or split
        at = spot(place, called, near, own)
        size = picture.size
        if table.fractions and not all(size):
            try:
                size = _own_size(at)
            except LoadstoneError as error:
                as_skipped(gathered, where, error)
                continue
        objects = _objects(picture.values, order, size if table.fractions else None)
        seen = (
            None if verified is None else tuple(sorted({*verified.get(called, ()), *objects.classes.tolist()} - {-1}))
        )
        identity = called if at.key != called else ""
        example = Example(at.key, where, *size, objects, at.read, at.path, verified=seen, id=identity)
        gathered.add(example, own)


def _own_size(at: Spot) -> tuple[int, int]:
    if at.found is None:
        at.read()
        raise FormatError("fractions of a picture whose size is not known", where=at.key)
    head = size_of(at.found)
    return head.width, head.height


def _objects(values: Sequence[float], order: npt.NDArray[np.int64], size: tuple[int, int] | None) -> Objects:
    table = np.asarray(values, np.float64).reshape(-1, _COLUMNS)
    boxes = table[:, :4] * (1.0 if size is None else np.asarray([*size, *size], np.float64))
    flags = table[:, 5].astype(np.int64)
    crowd, difficult, group_of = ((flags >> at & 1).astype(bool).tolist() for at in range(len(_FLAGS)))
    return make_objects(
        boxes,
        order[table[:, 4].astype(np.int64)].tolist(),
        crowd=crowd,
        difficult=difficult,
        group_of=group_of,
        weights=table[:, 6].tolist(),
    )
