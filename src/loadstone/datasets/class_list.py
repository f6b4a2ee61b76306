"""The classes of a dataset: names in order, the numbers that files give them, and other words that they use for them.

They come from a label map, from a list of names, or from the annotations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.label_map import LabelMap, is_label_map, parse_label_map
from loadstone.formats.labels import looks_like_labels, parse_labels
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import LABEL_BYTES

LISTS = ("classes.txt", "obj.names", "labels.txt", "class_names.txt", "_darknet.labels", "predefined_classes.txt")
"""Files that are lists of class names by their own name; any `*.names` is one too."""


@dataclass(frozen=True, slots=True)
class ClassList:
    """Class names in order, the number that files give each, and other words for some of them (`/m/01g317`).

    `where` is the file that says so; empty where the annotations alone do.
    """

    names: tuple[str, ...]
    ids: tuple[int, ...]
    words: Mapping[str, int] = field(default_factory=dict)
    keypoints: tuple[str, ...] = ()
    where: str = ""

    def by_name(self) -> dict[str, int]:
        """Return name or other word → position."""
        return {**self.words, **{name: position for position, name in enumerate(self.names)}}

    def by_id(self) -> dict[int, int]:
        """Return number → position."""
        return {number: position for position, number in enumerate(self.ids)}


def from_numbers(names: Mapping[int, str], where: str = "") -> ClassList:
    """Return the classes of a list, in the order of their numbers."""
    ids = tuple(sorted(names))
    return ClassList(tuple(names[number] for number in ids), ids, where=where)


def from_label_map(found: LabelMap, where: str = "") -> ClassList:
    """Return the classes of a label map: what is shown is the name, what it is called by otherwise a word for it."""
    plain = from_numbers(found.names, where)
    position = plain.by_id()
    words = {key: position[number] for number, key in found.keys.items()}
    # Where two classes are shown alike, what they are called by tells them apart.
    names = tuple(
        name if plain.names.count(name) == 1 else found.keys.get(number, f"{name} {number}")
        for name, number in zip(plain.names, plain.ids, strict=True)
    )
    points = next((tuple(labels.values()) for labels in found.keypoints.values()), ())
    return ClassList(names, plain.ids, words, points, where)


def from_names(names: Iterable[str]) -> ClassList:
    """Return the classes that annotations name: in alphabetical order, numbered from 1 as label maps are."""
    ordered = tuple(sorted(set(names)))
    return ClassList(ordered, tuple(range(1, len(ordered) + 1)))


def read_class_file(tree: Tree, name: str) -> ClassList:
    """Return the classes of a label map, or of a list of names, whose lines count from 0.

    Raises `FormatError` for a file that is neither.
    """
    data = tree.read(name, LABEL_BYTES)
    if is_label_map(data):
        return from_label_map(parse_label_map(data), name)
    if not looks_like_labels(data):
        raise FormatError("neither a label map nor a list of names", where=f"{tree.where}/{name}")
    names = parse_labels(data)
    if not names:
        raise FormatError("a list without a name", where=f"{tree.where}/{name}")
    return from_numbers(names, name)


def class_files(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the label maps and the lists of class names among file names, by what they are called, in their order."""
    ordered = list(names)
    maps = [name for name in ordered if name.lower().endswith(".pbtxt")]
    lists = [
        name
        for name in ordered
        if (last := name.rpartition("/")[2].lower()) in LISTS or (last.endswith(".names") and len(last) > 6)
    ]
    return maps, lists


def find_class_list(tree: Tree, names: Iterable[str], *, lists: bool = False) -> ClassList | None:
    """Return the classes of the first label map among file names that can be read, or with `lists` a list of names."""
    maps, plain = class_files(names)
    for name in (*maps, *(plain if lists else ())):
        try:
            head = tree.head(name)
            if name in plain or is_label_map(head):
                return read_class_file(tree, name)
        except LoadstoneError:
            # Another file may do; one that is broken shows when it is given by name, or when classes are missed.
            continue
    return None


def notes_on_label_maps(tree: Tree, names: Iterable[str]) -> Iterator[str]:
    """Yield what is odd about label maps: that one cannot be read, or numbers two classes alike."""
    for name in class_files(names)[0]:
        try:
            if "label" not in name.rpartition("/")[2].lower() and not _begins(tree, name):
                continue
            for note in parse_label_map(tree.read(name, LABEL_BYTES)).notes:
                yield f"{name}: {note}"
        except LoadstoneError as error:
            yield f"{name} is not used: {error}"


def _begins(tree: Tree, name: str) -> bool:
    try:
        return is_label_map(tree.head(name))
    except FormatError:
        # A graph or a configuration, broken or not, is not asked for classes.
        return False


def settle(found: Sequence[str], given: ClassList | None) -> tuple[ClassList, str]:
    """Return the classes for the names that annotations use, and a sentence on a list that was passed over.

    A list that knows none of the names belongs to something else.
    """
    if given is None:
        return from_names(found), ""
    known = given.by_name()
    if found and not any(name in known for name in found):
        said = f"the classes of {given.where} are not used: the annotations name none of them"
        return from_names(found), said
    return given, ""
