"""A comparison from end to end: two engines, some pictures, the differences, and both sets of boxes for drawing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from loadstone.comparison.engines import Engine, default_engine, other, ours
from loadstone.comparison.pairing import Tolerance, agreement, compare
from loadstone.comparison.pictures import generated, names
from loadstone.facts.comparison import Comparison, Difference
from loadstone.runtime.pictures.picture_files import Picture, array_picture
from loadstone.runtime.raw import Raw

GENERATED = 2
"""Pictures that are made where none is named: one lying, one standing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture with both results."""

    picture: Picture
    ours: Raw
    theirs: Raw
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Compared:
    """What two engines gave for some pictures. `ours` and `theirs` say what they are."""

    ours: str
    theirs: str
    against: str
    pairs: tuple[Pair, ...]

    @property
    def agree(self) -> bool:
        """Whether all pictures gave the same, within the tolerance."""
        return all(pair.comparison.agree for pair in self.pairs)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The largest difference of each output over all pictures."""
        return agreement([pair.comparison for pair in self.pairs])

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "schema_version": 1,
            "ours": self.ours,
            "theirs": self.theirs,
            "against": self.against,
            "agree": self.agree,
            "largest_differences": {one.output: one.largest for one in self.differences},
            "pictures": [pair.comparison.as_json() for pair in self.pairs],
        }


def compare_engines(
    source: str, pictures: Iterable[Picture] = (), *, against: str | None = None, tolerance: Tolerance | None = None
) -> Compared:
    """Run a model and another engine on pictures; on generated ones where none are given.

    Raises as `engines.other` and `open_detector`.
    """
    mine = ours(source)
    kind = against or default_engine(source, mine)
    theirs = other(source, kind)
    found = tuple(_pairs(mine, theirs, pictures, tolerance or Tolerance()))
    return Compared(mine.name, theirs.name, kind, found)


def _pairs(mine: Engine, theirs: Engine, pictures: Iterable[Picture], tolerance: Tolerance) -> Iterator[Pair]:
    given = list(pictures) or [array_picture(generated(at), name) for at, name in enumerate(names(GENERATED))]
    for picture in given:
        height, width = picture.pixels.shape[:2]
        first, second = mine.run(picture.pixels), theirs.run(picture.pixels)
        found = compare(first, second, size=(height, width), image=picture.name, tolerance=tolerance)
        yield Pair(picture, first, second, found)
