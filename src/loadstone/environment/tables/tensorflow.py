"""TensorFlow's releases: what each was built for and requires, and which of them can have written a graph.

Sources: the tested build configurations of TensorFlow's own install page, the wheels' metadata, and the producer
numbers read from the wheels; tools/compat_tables.py says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from loadstone.environment.tables import table
from loadstone.environment.versions import minor_of, order, release_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_DAILY_PRODUCER = 30
"""From this GraphDef producer on (9 May 2019) the number rises by one each day on TensorFlow's main branch."""
_FIRST_DAY = date(2019, 5, 9)
_LAST_PRODUCER = 30_000
"""The number of the year 2101: more is a broken field, not a date."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of TensorFlow.

    `pythons` are the feature releases of Python 3 with a wheel, oldest first. `cuda` and `cudnn` are what the wheel was
    built for. `requires` maps a package to its rule. `producer` is the GraphDef producer, None where it is not known.
    """

    version: str
    released: str
    pythons: tuple[str, ...]
    cuda: str
    cudnn: str
    requires: Mapping[str, str]
    producer: int | None

    @property
    def minor(self) -> str:
        """The feature release, `2.15`."""
        return minor_of(self.version)


@dataclass(frozen=True, slots=True)
class Window:
    """The TensorFlow feature releases from `first` to `last`, both included; an empty end is open or not known.

    `reasons` are the facts that draw its ends, one sentence each. `gaps` are releases between them that do not fit:
    1.15 is younger than 2.0.
    """

    first: str = ""
    last: str = ""
    reasons: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    def holds(self, version: str) -> bool:
        """Return whether a release lies in the window; feature releases are compared, and patches are not."""
        minor = order(minor_of(version))
        if minor_of(version) in self.gaps:
            return False
        return (not self.first or minor >= order(self.first)) and (not self.last or minor <= order(self.last))

    def __str__(self) -> str:
        if self.first and self.last:
            return f"{self.first} to {self.last}" if self.first != self.last else self.first
        if self.first:
            return f"{self.first} or newer"
        return f"{self.last} or older" if self.last else "any"

    def narrowed(self, other: Window) -> Window:
        """Return what lies in both."""
        first = max(self.first, other.first, key=lambda text: order(text or "0"))
        last = min(self.last or other.last, other.last or self.last, key=lambda text: order(text or "0"))
        return Window(first, last, (*self.reasons, *other.reasons), (*self.gaps, *other.gaps))


@cache
def releases() -> tuple[Release, ...]:
    """Return every release of the table, oldest first."""
    return tuple(sorted(map(_release, table("tensorflow")["releases"]), key=lambda one: order(one.version)))


def _release(row: Mapping[str, Any]) -> Release:
    return Release(
        version=row["tf"],
        released=row["released"],
        pythons=_pythons(row["python"]),
        cuda=row["cuda"],
        cudnn=row["cudnn"],
        requires=row["requires"],
        producer=row.get("producer"),
    )


def _pythons(text: str) -> tuple[str, ...]:
    """Return (`3.9`, `3.10`, `3.11`) for `3.9-3.11`; Python 2 is left out."""
    found: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.startswith("3."):
            ends = [int(release_of(end)[1]) for end in (first, last or first)]
            found += [f"3.{minor}" for minor in range(ends[0], ends[1] + 1)]
    return tuple(found)


def release_named(version: str) -> Release | None:
    """Return the release of this version; of `2.15` the last patch, of an unknown patch the nearest one below it.

    None where the table has no such feature release: what is newer than the table is not guessed at.
    """
    same = [release for release in releases() if release.minor == minor_of(version)]
    if not same:
        return None
    below = [release for release in same if order(release.version) <= order(version)]
    return below[-1] if below and len(release_of(version)) > 2 else same[-1]


def last_minor() -> str:
    """Return the newest feature release that the table knows."""
    return releases()[-1].minor


def producer_date(producer: int) -> date | None:
    """Return the day on which the graph's TensorFlow left the main branch: 2019-05-09 + (producer - 30) days.

    None below 30, where the number was raised by hand, and for what no TensorFlow has written.
    """
    if not FIRST_DAILY_PRODUCER <= producer < _LAST_PRODUCER:
        return None
    return _FIRST_DAY + timedelta(days=producer - FIRST_DAILY_PRODUCER)


def release_for_producer(producer: int) -> Release | None:
    """Return the oldest feature release that can have written a graph of this producer; None where none is known to.

    A release writes the number of the day on which its branch was cut, about five weeks before it came out, so the
    graph's TensorFlow is this release, or a nightly build between the one before and this.
    """
    if producer <= 0:
        return None
    return next((release for release in _feature_releases() if (release.producer or -1) >= producer), None)


@cache
def _feature_releases() -> tuple[Release, ...]:
    """Return the first release of each feature release that has a producer number, by that number.

    TensorFlow 2.0 and 2.1 were cut before and after 1.15, so that the order of versions is not that of producers.
    """
    first: dict[str, Release] = {}
    for release in releases():
        if release.producer is not None:
            first.setdefault(release.minor, release)
    return tuple(sorted(first.values(), key=lambda one: one.producer or 0))
