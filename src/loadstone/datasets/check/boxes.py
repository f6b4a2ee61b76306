"""What can be wrong with boxes, each for itself and two of a picture against one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.subject import BOXES, Check, Subject, Table, box_evidence, counted
from loadstone.datasets.check.survey import LEAST_SIDE
from loadstone.facts.finding import Evidence, Finding, Severity

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.datasets.check.survey import Survey

EDGE_PIXELS = 1.0
"""A box may pass the picture's edge by this much: VOC counts from 1, and tools round."""

TINY_PIXELS = 3.0
"""A side below this is more often a slip of the mouse than an object."""

WHOLE_PART = 0.98
"""A box that covers this part of its picture marks the picture, not an object in it."""

SAME_IOU = 0.9
"""Two boxes of one class that overlap more than this are one object, marked twice."""

ONE_PLACE_IOU = 0.95
"""Two boxes of different classes that overlap more than this mark the same place."""

MANY_WHOLE = 0.1
"""Beyond this part of all boxes, boxes of whole pictures are no longer chance."""

NOT_A_NUMBER = Check(
    "data-box-not-a-number",
    "error",
    "a side of a box is NaN, infinite or beyond a billion; one such box makes the loss NaN, and every weight with it",
    "delete these boxes or write their sides anew",
)
REVERSED = Check(
    "data-box-reversed",
    "error",
    "a box's right side lies left of its left side, or its bottom above its top",
    "swap the sides",
)
EMPTY = Check("data-box-empty", "error", "a box has no width or no height", "delete these boxes or draw them anew")
OUTSIDE = Check(
    "data-box-outside",
    "warning",
    "a box passes the edge of its picture by more than a pixel",
    "clip the boxes to their pictures, or see that the annotated size is the picture's",
)
BEYOND = Check(
    "data-box-beyond",
    "error",
    "no part of a box lies within its picture",
    "see whether the boxes belong to another picture or another size of this one",
)
FRACTIONS = Check(
    "data-box-fractions",
    "error",
    "all sides lie between 0 and 1.5 where pixels are expected",
    "multiply x by the picture's width and y by its height",
)
TINY = Check(
    "data-box-tiny",
    "warning",
    "a box is less than 3 pixels wide or high in its own picture",
    "look at them: most are slips of the mouse",
)
WHOLE = Check(
    "data-box-whole-picture",
    "info",
    "a box covers its whole picture (98 %): it says what the picture shows, not where",
    "look at them: a detector learns places from objects that have one",
)
TWICE = Check(
    "data-box-twice",
    "warning",
    "two boxes of one class in one picture overlap by more than 0.9 (IoU): one object, marked twice",
    "delete one of each two",
)
TWO_CLASSES = Check(
    "data-box-two-classes",
    "info",
    "two boxes of different classes in one picture overlap by more than 0.95 (IoU)",
    "see which class is meant; both is right where one class is a kind of the other",
)


def not_a_number(subject: Subject) -> Iterator[Finding]:
    """Yield where a side is NaN, infinite, or so large that no picture has it."""
    yield from _some(
        NOT_A_NUMBER, subject.survey, ~subject.survey.finite, "has/have", "a side that is no number of pixels"
    )


def reversed_boxes(subject: Subject) -> Iterator[Finding]:
    """Yield where the corners stand in the wrong order."""
    found = subject.survey
    bad = found.finite & ((found.widths < 0) | (found.heights < 0))
    yield from _some(REVERSED, found, bad, "is/are", "reversed: right of left or bottom above top")


def empty_boxes(subject: Subject) -> Iterator[Finding]:
    """Yield where width or height is nothing."""
    found = subject.survey
    shorter = np.minimum(found.widths, found.heights)
    bad = (shorter >= 0) & (shorter < LEAST_SIDE)
    yield from _some(EMPTY, found, bad, "has/have", "no area")


def outside(subject: Subject) -> Iterator[Finding]:
    """Yield where a box passes its picture's edge, and is partly within it."""
    found, (past, beyond) = subject.survey, _past(subject)
    bad = (past > EDGE_PIXELS) & ~beyond
    if not bad.any():
        return
    sizes = subject.sizes[found.pictures]
    help_text = _corners_for_sizes(found, sizes) or OUTSIDE.help
    count = counted(int(bad.sum()), len(bad), BOXES, "passes/pass")
    fact = f"{count} the edge of the picture, by up to {past[bad].max():,.0f} pixels"
    evidence = (
        Evidence(found.where(row), found.shown(row), f"within {sizes[row][0]:.0f} × {sizes[row][1]:.0f}")
        for row in map(int, np.flatnonzero(bad))
    )
    yield OUTSIDE.finding(fact, evidence, help=help_text)


def beyond_the_picture(subject: Subject) -> Iterator[Finding]:
    """Yield where no part of a box is in its picture."""
    _, beyond = _past(subject)
    yield from _some(BEYOND, subject.survey, beyond, "lies/lie", "wholly outside the picture")


def fractions(subject: Subject) -> Iterator[Finding]:
    """Yield where every box of the dataset looks like fractions of a picture."""
    found = subject.survey
    sound = found.sound
    if sound.any() and found.boxes[sound].min() >= -0.5 and found.boxes[sound].max() <= 1.5:
        fact = (
            f"the sides of all {int(sound.sum()):,} boxes lie between 0 and 1.5: fractions, where pixels are expected"
        )
        rows = np.flatnonzero(sound)[:3]
        yield FRACTIONS.finding(fact, box_evidence(found, map(int, rows), "pixels"), certainty="likely")


def tiny(subject: Subject) -> Iterator[Finding]:
    """Yield where a box is hardly there. Boxes in fractions are another check's."""
    found = subject.survey
    if any(True for _ in fractions(subject)):
        return
    bad = found.sound & (np.minimum(found.widths, found.heights) < TINY_PIXELS)
    yield from _some(TINY, found, bad, "has/have", f"a side below {TINY_PIXELS:.0f} pixels")


def whole_picture(subject: Subject) -> Iterator[Finding]:
    """Yield where a box marks its whole picture."""
    found = subject.survey
    areas = np.prod(subject.sizes, axis=1)[found.pictures]
    bad = found.sound & (found.widths * found.heights >= WHOLE_PART * areas)
    many = len(bad) > 0 and bad.mean() > MANY_WHOLE
    yield from _some(WHOLE, found, bad, "covers/cover", "the whole picture", severity="warning" if many else None)


def twice(subject: Subject) -> Iterator[Finding]:
    """Yield where one object has two boxes."""
    found = subject.survey
    pairs = [(one, other) for one, other in overlapping(found, SAME_IOU) if found.classes[one] == found.classes[other]]
    if pairs:
        said = "object is" if len(pairs) == 1 else "objects are"
        yield TWICE.finding(f"{len(pairs):,} {said} marked twice", _pairs(found, pairs))


def two_classes(subject: Subject) -> Iterator[Finding]:
    """Yield where one place has two classes."""
    found = subject.survey
    pairs = [(a, b) for a, b in overlapping(found, ONE_PLACE_IOU) if found.classes[a] != found.classes[b]]
    if pairs:
        said = "place has" if len(pairs) == 1 else "places have"
        yield TWO_CLASSES.finding(f"{len(pairs):,} {said} boxes of two classes", _pairs(found, pairs))


CHECKS: Table = (
    (NOT_A_NUMBER, not_a_number),
    (REVERSED, reversed_boxes),
    (EMPTY, empty_boxes),
    (OUTSIDE, outside),
    (BEYOND, beyond_the_picture),
    (FRACTIONS, fractions),
    (TINY, tiny),
    (WHOLE, whole_picture),
    (TWICE, twice),
    (TWO_CLASSES, two_classes),
)


def overlapping(found: Survey, least: float) -> list[tuple[int, int]]:
    """Return the rows of every two sound boxes of one picture whose IoU passes `least`; crowds are left out."""
    rows = np.flatnonzero(found.sound & ~found.crowd)
    order = rows[np.argsort(found.pictures[rows], kind="stable")]
    pairs: list[tuple[int, int]] = []
    # Each box against the next of its picture, then all against the next but one, until no picture has so many.
    firsts = np.arange(len(order))
    for apart in range(1, len(order)):
        firsts = firsts[firsts + apart < len(order)]
        firsts = firsts[found.pictures[order[firsts]] == found.pictures[order[firsts + apart]]]
        if not len(firsts):
            break
        one, other = order[firsts], order[firsts + apart]
        close = _iou(found.boxes[one], found.boxes[other]) > least
        pairs += zip(one[close].tolist(), other[close].tolist(), strict=True)
    return sorted(pairs)


def _iou(boxes: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the intersection over union (N,) of xyxy boxes, the first with the first and so on; all with an area."""
    low, high = np.maximum(boxes[:, :2], others[:, :2]), np.minimum(boxes[:, 2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / (areas - shared))


def _pairs(found: Survey, pairs: list[tuple[int, int]]) -> Iterator[Evidence]:
    for one, other in pairs:
        yield Evidence(found.where(other), f"{found.shown(one)} and {found.shown(other)}")


def _past(subject: Subject) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return by how many pixels each sound box passes its picture's edge, and whether it lies wholly outside."""
    found = subject.survey
    sizes = subject.sizes[found.pictures]
    judged = found.sound & np.isfinite(sizes).all(axis=1)
    boxes = np.where(judged[:, None], found.boxes, 0.0)
    sizes = np.nan_to_num(sizes)
    past = np.maximum(-boxes[:, :2].min(axis=1, initial=np.inf), (boxes[:, 2:] - sizes).max(axis=1, initial=-np.inf))
    away = np.asarray((boxes[:, 2:] <= 0).any(axis=1) | (boxes[:, :2] >= sizes).any(axis=1))
    return past, away & judged


def _corners_for_sizes(found: Survey, sizes: npt.NDArray[np.float64]) -> str:
    """Return a help where boxes become sound if their width and height are taken for the right and bottom side."""
    rows = found.sound & np.isfinite(sizes).all(axis=1)
    corner, extent = found.boxes[rows][:, :2], np.stack([found.widths[rows], found.heights[rows]], axis=1)
    if not rows.any() or (extent <= corner).any() or (extent > sizes[rows] + EDGE_PIXELS).any():
        return ""
    return "write width and height where the file has the right and bottom side: read so, all boxes lie within"


def _some(
    check: Check,
    found: Survey,
    bad: npt.NDArray[np.bool_],
    verb: str,
    rest: str,
    *,
    severity: Severity | None = None,
) -> Iterator[Finding]:
    rows = np.flatnonzero(bad)
    if len(rows):
        fact = f"{counted(len(rows), len(bad), BOXES, verb)} {rest}"
        yield check.finding(fact, box_evidence(found, map(int, rows)), severity=severity)
