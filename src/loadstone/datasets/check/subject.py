"""What a check is asked about, and what it answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loadstone.datasets.check.mask_survey import MaskSurvey
from loadstone.datasets.check.survey import Survey
from loadstone.facts.finding import Certainty, Evidence, Finding, Severity

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset

Problem = Literal["", "missing", "unreadable", "truncated"]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What reading one picture showed.

    `problem` says why there are no pixels, and `said` in what words; `digest` is of the file's bytes, empty where there
    are none. `width` and `height` are as stored, `upright` as the EXIF orientation turns them (where `turned`).
    `thumbnail` is uint8 (16, 16, 3), None where the picture could not be decoded.
    """

    problem: Problem = ""
    said: str = ""
    digest: bytes = b""
    width: int = 0
    height: int = 0
    turned: bool = False
    upright: tuple[int, int] = (0, 0)
    thumbnail: npt.NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """What a detector sees of a picture: its input, and the shapes of its anchors if it has any.

    `width` and `height` are the input's, in pixels; a picture is stretched to them, or with `keeps_aspect` scaled until
    its longer side fits `width` and its shorter one `height`. `anchors` is float64 (A, 2), width and height in pixels
    of the input; `said` names the detector.
    """

    width: int
    height: int
    keeps_aspect: bool = False
    anchors: npt.NDArray[np.float64] | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A dataset under examination. `looks` has one look a picture, and is None where pictures were not read.

    `masks` is None where no object has one.

    `alike` are the rows of every two pictures that look the same, those of `other` coming after this dataset's.
    `strays` are picture files of its folder that no annotation names. `other` is a dataset that must not share
    pictures with this one.
    """

    dataset: Dataset
    survey: Survey
    looks: tuple[Look, ...] | None = None
    masks: MaskSurvey | None = None
    alike: tuple[tuple[int, int], ...] = ()
    strays: tuple[str, ...] = ()
    shapes: Shapes | None = None
    other: Subject | None = None

    @property
    def sizes(self) -> npt.NDArray[np.float64]:
        """Return float64 (M, 2), width and height of each picture, as annotated or else as read; NaN if unknown."""
        sizes = self.survey.sizes.copy()
        for row in np.flatnonzero((sizes <= 0).any(axis=1)):
            look = self.looks[row] if self.looks is not None else Look()
            sizes[row] = (look.upright if look.turned else (look.width, look.height)) if look.width else np.nan
        return sizes


@dataclass(frozen=True, slots=True)
class Check:
    """A check's constant part: its name, its usual severity, what it sees in a sentence, and what to do."""

    name: str
    severity: Severity
    sees: str
    help: str

    def finding(
        self,
        fact: str,
        evidence: Iterable[Evidence] = (),
        *,
        help: str = "",  # noqa: A002 - the field's name in every report
        severity: Severity | None = None,
        certainty: Certainty = "proved",
    ) -> Finding:
        """Return a finding of this check."""
        return Finding(
            self.name, severity or self.severity, fact, tuple(evidence), help or self.help, certainty=certainty
        )


Ask = Callable[[Subject], Iterator[Finding]]
Table = tuple[tuple[Check, Ask], ...]


def box_evidence(found: Survey, rows: Iterable[int], expected: str = "") -> Iterator[Evidence]:
    """Yield the place and the sides of each box."""
    yield from (Evidence(found.where(int(row)), found.shown(int(row)), expected) for row in rows)


def counted(count: int, total: int, noun: str, verb: str) -> str:
    """Return `3 of 80 boxes have`, `1 of 80 boxes has` or `the only box has` for `box/boxes` and `has/have`."""
    (one, many), (does, do) = noun.split("/"), verb.split("/")
    start = f"the only {one}" if total == 1 else f"{count:,} of {total:,} {many}"
    return f"{start} {does if count == 1 else do}"


BOXES = "box/boxes"
PICTURES = "picture/pictures"
