"""What a reader is given: the annotation files of its format, and where everything else lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.datasets.class_list import ClassList, find_class_list
from loadstone.datasets.pictures import Found, Pictures, missing, visible
from loadstone.datasets.readers.gathered import Gathered
from loadstone.datasets.split_names import split_of
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import ReadBytes
from loadstone.formats.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one dataset. `source` is what the user typed; `names` are annotation files, sorted.

    `given` are the classes of a file that the user named; without one, `classes` looks for a list in the folder.
    """

    source: str
    tree: Tree
    names: Sequence[str]
    pictures: Pictures
    given: ClassList | None = None

    def classes(self, *, lists: bool = False) -> ClassList | None:
        """Return the classes of the user's file, else of a label map in the folder, or with `lists` a list of names."""
        return self.given or find_class_list(self.tree, self.outermost_first(), lists=lists)

    def outermost_first(self) -> list[str]:
        """Return every visible file's name, those of the top first."""
        return sorted(filter(visible, self.tree.sizes), key=lambda name: (name.count("/"), name))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an annotation's picture is: the key, its path (None where it is not found) and its bytes."""

    key: str
    path: str | None
    read: ReadBytes
    found: Found | None


def spot(place: Place, called: str, near: str, split: str = "") -> Spot:
    """Return where the picture of an annotation lies; one that is not found says so when it is read."""
    try:
        found = place.pictures.find(called, near, split)
    except LoadstoneError as error:
        return Spot(called, None, missing(error), None)
    return Spot(found.name, found.path, found.read, found)


def folder_of(name: str) -> str:
    """Return the folder of a tree's file, `""` for the top."""
    return name.rpartition("/")[0]


def split_by_name(name: str) -> str:
    """Return the split that an annotation file's name says, or its folders."""
    return split_of(name)


def as_skipped(gathered: Gathered, where: str, error: LoadstoneError) -> None:
    """Say why one file of many is left out, with its place once."""
    _, within, after = error.where.rpartition(where)
    if not within:
        gathered.skip(where, error)
        return
    parts = (("expected", error.expected), ("found", error.found))
    details = "; ".join(f"{label} {text}" for label, text in parts if text)
    gathered.skip(f"{where}{after}", f"{error.fact} — {details}" if details else error.fact)
