"""Boxes against a detector's input: how small they become, and which of its anchors could match them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.check.subject import BOXES, Check, Shapes, Subject, Table, counted
from loadstone.facts.finding import Evidence, Finding

if TYPE_CHECKING:
    import numpy.typing as npt

    Sides = npt.NDArray[np.float64]

SMALL_PIXELS = 8.0
"""The finest grid of most detectors has cells of 8 pixels; a smaller object is less than one of them."""

LEAST_IOU = 0.5
"""An anchor that overlaps an object less than this learns nothing of it, unless it is forced to (SSD's default)."""

FEW = 0.01
"""Up to this part of all boxes, small ones are told as information only."""

SMALL = Check(
    "data-box-small-at-input",
    "warning",
    "a box has a side below 8 pixels once its picture has the detector's input size",
    "take a larger input, or cut the pictures into tiles",
)
UNMATCHED = Check(
    "data-box-no-anchor",
    "warning",
    "no anchor has a shape that could overlap the box by 0.5 (IoU), wherever it stands",
    "add a finer level, another scale or aspect ratio to the anchors, or take a larger input",
)


def small(subject: Subject) -> Iterator[Finding]:
    """Yield the boxes that become too small; asked only with an input size."""
    if subject.shapes is None:
        return
    sides, rows = at_input(subject, subject.shapes)
    bad = sides.min(axis=1, initial=np.inf) < SMALL_PIXELS
    if bad.any():
        count = counted(int(bad.sum()), len(bad), BOXES, "has/have")
        fact = f"{count} a side below {SMALL_PIXELS:.0f} pixels at {_input(subject.shapes)}"
        few = bad.mean() <= FEW
        yield SMALL.finding(fact, _evidence(subject, sides[bad], rows[bad]), severity="info" if few else None)


def unmatched(subject: Subject) -> Iterator[Finding]:
    """Yield the boxes that no anchor can match; asked only with anchors."""
    shapes = subject.shapes
    if shapes is None or shapes.anchors is None or not len(shapes.anchors):
        return
    sides, rows = at_input(subject, shapes)
    best = best_overlap(sides, shapes.anchors)
    bad = best < LEAST_IOU
    if bad.any():
        kinds = _kinds(sides[bad], shapes.anchors)
        fact = f"{counted(int(bad.sum()), len(bad), BOXES, 'fits/fit')} no anchor of {shapes.said} ({kinds})"
        few = bad.mean() <= FEW
        yield UNMATCHED.finding(fact, _evidence(subject, sides[bad], rows[bad]), severity="info" if few else None)


CHECKS: Table = ((SMALL, small), (UNMATCHED, unmatched))


def at_input(subject: Subject, shapes: Shapes) -> tuple[Sides, npt.NDArray[np.int64]]:
    """Return width and height (K, 2) in the input's pixels of every sound box of a picture of known size, and its row.

    A box is clipped to its picture first.
    """
    found = subject.survey
    sizes = subject.sizes[found.pictures]
    rows = np.flatnonzero(found.sound & np.isfinite(sizes).all(axis=1))
    sizes, boxes = sizes[rows], found.boxes[rows]
    clipped = np.clip(boxes, 0, np.tile(sizes, 2))
    scale = np.array([shapes.width, shapes.height]) / sizes
    if shapes.keeps_aspect:
        longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
        scale = np.minimum(shapes.width / longer, shapes.height / shorter)[:, None]
    sides = (clipped[:, 2:] - clipped[:, :2]) * scale
    inside = (sides > 0).all(axis=1)
    return sides[inside], rows[inside]


def best_overlap(sides: Sides, anchors: Sides) -> npt.NDArray[np.float64]:
    """Return the greatest IoU (K,) that an anchor of any shape reaches with each box, both on one centre."""
    best = np.zeros(len(sides))
    for width, height in anchors:
        shared = np.minimum(sides[:, 0], width) * np.minimum(sides[:, 1], height)
        best = np.maximum(best, shared / (sides.prod(axis=1) + width * height - shared))
    return best


def _kinds(sides: Sides, anchors: Sides) -> str:
    """Say of the boxes without an anchor how many are smaller or larger than all anchors, the rest being too narrow."""
    areas, known = sides.prod(axis=1), anchors.prod(axis=1)
    small_ones, large = int((areas < known.min()).sum()), int((areas > known.max()).sum())
    told = (
        (small_ones, "smaller than all"),
        (large, "larger than all"),
        (len(sides) - small_ones - large, "too narrow"),
    )
    return ", ".join(f"{count:,} {said}" for count, said in told if count)


def _input(shapes: Shapes) -> str:
    return f"{shapes.width} × {shapes.height}"


def _evidence(subject: Subject, sides: Sides, rows: npt.NDArray[np.int64]) -> Iterator[Evidence]:
    """Yield each box, the smallest first."""
    for at in np.argsort(sides.min(axis=1), kind="stable"):
        row, (width, height) = int(rows[at]), sides[at]
        name = subject.survey.class_name(row)
        yield Evidence(subject.survey.where(row), f"{name}, {width:.1f} × {height:.1f} pixels")
