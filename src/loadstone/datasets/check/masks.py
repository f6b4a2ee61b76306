"""What can be wrong with masks: they cannot be drawn, cover nothing, or something else than their boxes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loadstone.datasets.check.subject import BOXES, Check, Subject, Table, box_evidence, counted
from loadstone.facts.finding import Evidence, Finding

APART_PIXELS, APART_SHARE = 3.0, 0.05
"""A mask may pass its box, or leave a border in it, by this many pixels or this part of the box's side: tools round,
and masks were often drawn on a smaller copy."""

MASKS = "mask/masks"

BROKEN = Check(
    "data-mask-broken",
    "error",
    "a mask cannot be drawn: it has another size than its picture, its run lengths do not add up, or its PNG is broken",
    "write these masks anew, in the picture's size",
)
EMPTY = Check(
    "data-mask-empty",
    "warning",
    "a mask covers no pixel, though its object has a box",
    "draw these masks anew, or take them out: an empty mask teaches that the object has no pixels",
)
APART = Check(
    "data-mask-box",
    "warning",
    "a mask covers something else than its box: a side differs by more than 3 pixels and a twentieth of the box",
    "see whether masks stand in the order of their objects, and take the boxes from the masks",
)
MISSING = Check(
    "data-mask-missing",
    "info",
    "some objects have a mask and others have none",
    "nothing has to be done: objects without a mask train their boxes only",
)


def broken(subject: Subject) -> Iterator[Finding]:
    """Yield the masks that cannot be drawn."""
    found, masks = subject.survey, subject.masks
    if masks is not None and masks.broken:
        fact = f"{counted(len(masks.broken), int(masks.there.sum()), MASKS, 'is/are')} broken"
        first = next(iter(masks.broken.values())).fact
        evidence = (Evidence(found.where(at), error.found, error.expected) for at, error in masks.broken.items())
        yield BROKEN.finding(f"{fact}: {first}", evidence)


def empty(subject: Subject) -> Iterator[Finding]:
    """Yield the masks that cover nothing."""
    masks = subject.masks
    if masks is not None and masks.empty.any():
        rows = np.flatnonzero(masks.empty)
        fact = f"{counted(len(rows), int(masks.there.sum()), MASKS, 'covers/cover')} no pixel"
        yield EMPTY.finding(fact, box_evidence(subject.survey, map(int, rows)))


def apart(subject: Subject) -> Iterator[Finding]:
    """Yield the masks that cover something else than their boxes."""
    found, masks = subject.survey, subject.masks
    if masks is None:
        return
    room = np.maximum(APART_PIXELS, APART_SHARE * np.stack([found.widths, found.heights] * 2, axis=1))
    # A comparison with NaN is false: what was not looked at is not judged.
    rows = np.flatnonzero(found.sound & (np.abs(masks.boxes - found.boxes) > room).any(axis=1))
    if len(rows):
        fact = f"{counted(len(rows), int(masks.there.sum()), MASKS, 'covers/cover')} something else than the box"
        evidence = (
            Evidence(found.where(row), _shown(masks.boxes[row]), _shown(found.boxes[row])) for row in rows.tolist()
        )
        yield APART.finding(fact, evidence)


def missing(subject: Subject) -> Iterator[Finding]:
    """Yield the objects without a mask where others have one."""
    found, masks = subject.survey, subject.masks
    if masks is not None and not masks.there.all():
        rows = np.flatnonzero(~masks.there)
        fact = f"{counted(len(rows), len(found.boxes), BOXES, 'has/have')} no mask"
        yield MISSING.finding(fact, box_evidence(found, map(int, rows)))


CHECKS: Table = ((BROKEN, broken), (EMPTY, empty), (APART, apart), (MISSING, missing))


def _shown(box: np.typing.NDArray[np.float64]) -> str:
    return ", ".join(f"{side:.6g}" for side in box)
