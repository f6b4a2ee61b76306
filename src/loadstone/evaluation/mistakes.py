"""What a detector got wrong at one score: each mistake with its kind, and the confusion of classes.

The kinds are those of TIDE (Bolya et al., 2020), in its order: a box on an object of another class; a box too far off
its object (overlap 0.1 to 0.5); an object found twice; a box on nothing; and what is left, an object that was missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.evaluation.found_masks import drawing
from loadstone.evaluation.matching import LEAST, Matched
from loadstone.evaluation.overlaps import areas
from loadstone.facts.evaluation import MISTAKES, Box, Confusion, Mistake, MistakeKind, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.evaluation import JudgedMasks, ReadMask

NEAR = 0.1
"""The overlap from which a box is taken to be meant for an object: TIDE's background threshold."""

WORST = 12
"""Mistakes of each kind that are kept to be shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """All mistakes at one score: the worst of each kind, how many there are of each, and who was taken for whom."""

    worst: tuple[Mistake, ...]
    counts: Mapping[MistakeKind, int]
    confusion: Confusion


def mistakes(pictures: Sequence[Matched], classes: Sequence[str], score: float, *, worst: int = WORST) -> Mistakes:
    """Return what is wrong where detections below `score` are dropped; `pixels` of each is left out."""
    names = distinct(classes)
    table = np.zeros((len(names) + 1, len(names) + 1), np.int64)
    found = [one for picture in pictures for one in _picture(picture, names, score, table)]
    counts = Counter(one.kind for one in found)
    ordered = sorted(found, key=lambda one: -one.badness)
    kept = [one for kind in MISTAKES for one in [other for other in ordered if other.kind == kind][:worst]]
    return Mistakes(tuple(kept), {kind: counts[kind] for kind in MISTAKES}, Confusion(tuple(names), table))


def _picture(picture: Matched, names: Sequence[str], score: float, table: npt.NDArray[np.int64]) -> Iterator[Mistake]:
    """Yield one picture's mistakes, and add to the table of confusion what is right and what is wrong."""
    judged, truth = picture.judged, picture.judged.truth
    kept = judged.scores >= score
    right = kept & (picture.finds >= 0)
    table[np.diag_indices(len(table))] += np.bincount(judged.classes[right], minlength=len(table))
    free = picture.counts.copy()
    free[picture.finds[right]] = False
    spoken_for = ~free
    wrong = np.flatnonzero(kept & ~right & ~picture.neutral)
    for row in wrong[np.argsort(-judged.scores[wrong], kind="stable")].tolist():
        kind, at = _kind(picture, row, free)
        if kind in ("wrong class", "badly placed"):
            free[at] = False
        if kind == "wrong class":
            spoken_for[at] = True
        yield _mistake(picture, kind, names, row=row, at=at)
        table[truth.classes[at] if kind == "wrong class" else -1, judged.classes[row]] += 1
    table[:, -1] += np.bincount(truth.classes[~spoken_for], minlength=len(table))
    for at in np.flatnonzero(free).tolist():
        yield _mistake(picture, "missed", names, at=at)


def _kind(picture: Matched, row: int, free: npt.NDArray[np.bool_]) -> tuple[MistakeKind, int]:
    """Return what is wrong with a detection, and which object it belongs to (-1 for none)."""
    overlaps = picture.overlaps[row]
    same = picture.judged.truth.classes == picture.judged.classes[row]
    rules: tuple[tuple[MistakeKind, npt.NDArray[np.bool_], float], ...] = (
        ("wrong class", free & ~same, LEAST),
        ("badly placed", free & same, NEAR),
        ("twice", picture.counts & same, LEAST),
    )
    for kind, objects, least in rules:
        at = int(np.where(objects, overlaps, -1.0).argmax()) if objects.any() else -1
        if at >= 0 and overlaps[at] >= least:
            return kind, at
    return "false", -1


def _mistake(picture: Matched, kind: MistakeKind, names: Sequence[str], *, row: int = -1, at: int = -1) -> Mistake:
    """Return a mistake of detection `row` at object `at`; -1 is none."""
    judged, truth = picture.judged, picture.judged.truth
    score = float(judged.scores[row]) if row >= 0 else 0.0
    overlap = float(picture.overlaps[row, at]) if row >= 0 and at >= 0 else 0.0
    return Mistake(
        kind,
        judged.example.key,
        truth=names[truth.classes[at]] if at >= 0 else "",
        truth_box=_box(truth.boxes[at]) if at >= 0 else None,
        truth_mask=_truth_mask(judged.masks, at),
        found=names[judged.classes[row]] if row >= 0 else "",
        found_box=_box(judged.boxes[row]) if row >= 0 else None,
        found_mask=None if judged.masks is None or row < 0 else drawing(judged.masks.found[row]),
        score=score,
        iou=overlap,
        # The surer it was, the worse; of what was missed, the largest; of what is off, the farthest of the surest.
        badness=float(areas(truth.boxes[at : at + 1])[0])
        if row < 0
        else score * (1 - overlap * (kind == "badly placed")),
    )


def _truth_mask(masks: JudgedMasks | None, at: int) -> ReadMask | None:
    return None if masks is None or at < 0 or masks.without[at] else drawing(masks.truth[at])


def _box(row: npt.NDArray[np.float64]) -> Box:
    x1, y1, x2, y2 = row.tolist()
    return x1, y1, x2, y2
