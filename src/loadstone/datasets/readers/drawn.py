"""Shapes drawn on pictures by hand, as the files of annotation tools hold them: what their readers share.

What it is: one picture's shapes (`Drawing`), a document's parsing, and the dataset of all of them. What it is not:
knowledge of a tool. Classes have no numbers in these files: a label map or list in the folder says them, else names
are in alphabetical order and numbered from 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loadstone.datasets.class_list import settle
from loadstone.datasets.objects import make_objects
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.readers.place import Place, as_skipped, folder_of, split_by_name, spot
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import Dataset, Example, ReadBytes
from loadstone.wire.encodings import as_utf8
from loadstone.wire.json import parse_json
from loadstone.wire.limits import DATASET_JSON_BYTES, DATASET_JSON_VALUES, MIB, NAME_BYTES, PICTURE_OBJECTS

if TYPE_CHECKING:
    from loadstone.facts.masks import Mask

Box = tuple[float, float, float, float]
"""xyxy in pixels."""

CORNERS = 3
"""Corners of the smallest outline that encloses something."""


@dataclass(slots=True)
class Drawing:
    """What a tool says of one picture: what it calls it, the size that it states (0: none), and the objects.

    `where` is the place in the file. `inside` gives the picture's bytes where the file itself holds them. `faults` are
    sentences on shapes that could not be read; `lines` counts shapes that enclose nothing: points and lines.
    """

    called: str
    where: str
    size: tuple[int, int] = (0, 0)
    inside: ReadBytes | None = None
    names: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    masks: list[Mask | None] = field(default_factory=list)
    difficult: list[bool] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lines: int = 0

    def add(
        self, number: int, name: Any, box: Box | None, mask: Mask | None = None, *, difficult: bool = False
    ) -> None:
        """Take the shape of a number, from 0, or say why not."""
        label = str(name).strip() if isinstance(name, str | int) and not isinstance(name, bool) else ""
        if not label or len(label) > NAME_BYTES:
            self.faults.append(f"shape {number + 1} has no class")
        elif box is None:
            self.faults.append(f"shape {number + 1} has no sides that are numbers")
        elif number >= PICTURE_OBJECTS:
            self.faults.append(f"shape {number + 1} is beyond the {PICTURE_OBJECTS:,} that are read")
        else:
            self.names.append(label)
            self.boxes.append(box)
            self.masks.append(mask)
            self.difficult.append(difficult)


Parse = Callable[[Any, str], Iterable[Drawing]]
"""A document's value and its file's name → its pictures. Raises `FormatError` for a document of another kind."""


def begins_with(place: Place, name: str, bracket: bytes) -> bytes:
    """Return a JSON file's first mebibyte where its value begins with `{` or `[`, empty for any other file."""
    if not name.lower().endswith(".json"):
        return b""
    head = as_utf8(place.tree.head(name)).removeprefix(b"\xef\xbb\xbf").lstrip()
    return as_utf8(place.tree.head(name, MIB)) if head.startswith(bracket) else b""


def document(place: Place, name: str) -> Any:
    """Return the value of a JSON file of the dataset."""
    data = as_utf8(place.tree.read(name, DATASET_JSON_BYTES))
    return parse_json(data, name, most_bytes=DATASET_JSON_BYTES, values=DATASET_JSON_VALUES)


def read_drawn(place: Place, kind: str, parse: Parse, notes: Sequence[str] = ()) -> Dataset:
    """Read every file; one that is broken among others becomes a sentence."""
    gathered = Gathered(place.source, kind)
    drawings: list[tuple[str, Drawing]] = []
    for name in place.names:
        try:
            drawings.extend((name, drawing) for drawing in parse(document(place, name), name))
        except LoadstoneError as error:
            if len(place.names) == 1:
                raise
            as_skipped(gathered, name, error)
    words = {name for _, drawing in drawings for name in drawing.names}
    classes, said = settle(sorted(words), place.classes(lists=True))
    if said:
        gathered.note(said)
    positions = classes.by_name()
    for name, drawing in drawings:
        for fault in drawing.faults:
            gathered.skip(drawing.where, fault)
        gathered.add(_example(place, name, drawing, positions), split_by_name(name))
    return gathered.dataset(classes.names, classes.ids, notes=[*notes, *_on_lines(one for _, one in drawings)])


def _on_lines(drawings: Iterable[Drawing]) -> Iterator[str]:
    if lines := sum(one.lines for one in drawings):
        yield f"{lines:,} {'shape is a point or a line' if lines == 1 else 'shapes are points or lines'}: not read"


def _example(place: Place, name: str, drawing: Drawing, positions: dict[str, int]) -> Example:
    objects = make_objects(
        drawing.boxes,
        [positions.get(word, -1) for word in drawing.names],
        difficult=drawing.difficult,
        masks=drawing.masks,
    )
    at = spot(place, drawing.called, folder_of(name), split_by_name(name))
    read = drawing.inside if at.path is None and drawing.inside is not None else at.read
    return Example(at.key, drawing.where, *drawing.size, objects, read, at.path)


def around(xs: Sequence[float], ys: Sequence[float]) -> Box | None:
    """Return the box round some corners; None without any."""
    return (min(xs), min(ys), max(xs), max(ys)) if xs and ys else None


def outline(xs: Sequence[float], ys: Sequence[float]) -> Mask | None:
    """Return the mask of an outline; None for one that encloses nothing, or whose corners are no finite numbers."""
    if len(xs) < CORNERS or len(xs) != len(ys) or not all(map(math.isfinite, (*xs, *ys))):
        return None
    return (tuple(side for corner in zip(xs, ys, strict=True) for side in corner),)
