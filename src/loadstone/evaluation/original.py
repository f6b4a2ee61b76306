"""How the original API counts hits and misses for Pascal VOC's and Open Images' metrics, and what it makes of them.

A detection belongs to the one object of its class that it overlaps most, and finds it where nothing better scored has;
what belongs to a difficult object is left out. What is then false but lies within a `group_of` box is left out, too,
and the group counts as found as often as `Rule.group_weight` says, with the best score in it.
The same as object_detection_evaluation.py, per_image_evaluation.py and metrics.py of the original API.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.evaluation.overlaps import inside, iou
from loadstone.facts.evaluation import Judged

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a metric makes of the marks. `iou` is the least overlap of a hit.

    `difficult`: whether difficult objects are left out. `groups`: whether `group_of` boxes are groups, each of which
    counts as `group_weight` objects. `verified`: whether only classes that were looked for in a picture count there.
    """

    iou: float = 0.5
    difficult: bool = False
    groups: bool = False
    group_weight: float = 0.0
    verified: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """One class over all pictures: scores (N,), hits (N,) which are 0 for a miss, and how many objects there are."""

    scores: Reals
    hits: Reals
    objects: float


def counted(judged: Sequence[Judged], classes: int, rule: Rule) -> list[Counted]:
    """Return what was counted for each class."""
    rows: list[list[tuple[Reals, Reals]]] = [[] for _ in range(classes)]
    objects = np.zeros(classes)
    for one in judged:
        allowed = _allowed(one, classes, rule)
        usable = (one.boxes[:, 0] < one.boxes[:, 2]) & (one.boxes[:, 1] < one.boxes[:, 3]) & (one.classes >= 0)
        objects += _annotated(one, classes, rule)
        for class_ in np.unique(one.classes[usable]).tolist():
            if class_ in allowed:
                rows[class_].append(_picture(one, class_, usable, rule))
    return [
        Counted(
            np.concatenate([scores for scores, _ in found]) if found else np.zeros(0),
            np.concatenate([hits for _, hits in found]) if found else np.zeros(0),
            float(count),
        )
        for found, count in zip(rows, objects, strict=True)
    ]


def _allowed(one: Judged, classes: int, rule: Rule) -> set[int]:
    if not rule.verified:
        return set(range(classes))
    return {*(one.example.verified or ()), *one.truth.classes.tolist()}


def _marks(one: Judged, rule: Rule) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    none = np.zeros(len(one.truth), bool)
    return one.truth.difficult if rule.difficult else none, one.truth.group_of if rule.groups else none


def _annotated(one: Judged, classes: int, rule: Rule) -> Reals:
    """Return how many objects of each class this picture adds."""
    difficult, groups = _marks(one, rule)
    weights = np.where(difficult, 0.0, np.where(groups, rule.group_weight, 1.0))
    known = one.truth.classes >= 0
    counts: Reals = np.bincount(one.truth.classes[known], weights[known], minlength=classes).astype(np.float64)
    return counts


def _picture(one: Judged, class_: int, usable: npt.NDArray[np.bool_], rule: Rule) -> tuple[Reals, Reals]:
    """Return scores and hits of one class in one picture."""
    rows = np.flatnonzero(usable & (one.classes == class_))
    rows = rows[np.argsort(-one.scores[rows], kind="stable")]
    boxes, scores = one.boxes[rows], one.scores[rows]
    hits, left_out = np.zeros(len(rows)), np.zeros(len(rows), bool)
    difficult, groups = _marks(one, rule)
    objects = (one.truth.classes == class_) & ~groups
    if objects.any():
        best, reaches = _best(iou(boxes, one.truth.boxes[objects]), rule.iou)
        left_out = reaches & difficult[objects][best]
        candidates = np.flatnonzero(reaches & ~left_out)
        # Rows stand best score first, so the first that belongs to an object is the one that finds it.
        hits[candidates[np.unique(best[candidates], return_index=True)[1]]] = 1.0
    crowds = (one.truth.classes == class_) & groups
    if not crowds.any():
        return scores[~left_out], hits[~left_out]
    best, reaches = _best(inside(boxes, one.truth.boxes[crowds]), rule.iou)
    reaches &= ~left_out & (hits == 0)
    kept = ~left_out & ~reaches
    group_scores = [scores[reaches & (best == group)].max() for group in np.unique(best[reaches]).tolist()]
    if not rule.group_weight:
        group_scores = []
    group_hits = np.full(len(group_scores), rule.group_weight)
    return np.concatenate([scores[kept], group_scores]), np.concatenate([hits[kept], group_hits])


def _best(overlaps: Reals, least: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return for each row the column that it overlaps most, and whether by enough."""
    best = overlaps.argmax(axis=1)
    return best, overlaps[np.arange(len(best)), best] >= least


def precision_recall(one: Counted) -> tuple[Reals, Reals]:
    """Return precision (N,) and recall (N,) after each detection, best score first; there is at least one object."""
    hits = one.hits[np.argsort(-one.scores, kind="stable")]
    found, false = np.cumsum(hits), np.cumsum(hits <= 0)
    return found / (found + false), found / one.objects


def area_under(precision: Reals, recall: Reals) -> float:
    """Return average precision as the area under the curve, each precision raised to the best at a higher recall.

    Pascal VOC's rule since 2010; 0 where nothing was found.
    """
    steps = np.concatenate([[0.0], recall, [1.0]])
    raised = np.maximum.accumulate(np.concatenate([[0.0], precision, [0.0]])[::-1])[::-1]
    return float(np.sum(np.diff(steps) * raised[1:]))


def eleven_points(precision: Reals, recall: Reals) -> float:
    """Return average precision as the mean of the best precisions at a recall of at least 0, 0.1, … 1.

    Pascal VOC's rule up to 2007. A recall is taken to reach a tenth that it misses by rounding alone.
    """
    tenths = np.round(recall * 10, 9)
    return float(np.mean([precision[tenths >= point].max(initial=0.0) for point in range(11)]))


def average_precision(one: Counted, *, points: int = 0) -> float:
    """Return one class's average precision, with `points=11` that of 2007; NaN where it has no object."""
    if not one.objects:
        return float("nan")
    return (eleven_points if points == 11 else area_under)(*precision_recall(one))


def pooled(classes: Sequence[Counted]) -> Counted:
    """Return the classes with objects as if they were one, which weighs each by how many it has."""
    real = [one for one in classes if one.objects]
    scores = [one.scores for one in real]
    hits = [one.hits for one in real]
    if not real:
        return Counted(np.zeros(0), np.zeros(0), 0.0)
    return Counted(np.concatenate(scores), np.concatenate(hits), sum(one.objects for one in real))


def mean_over(values: Sequence[float]) -> float:
    """Return the mean of the numbers that are numbers, NaN where none is."""
    real = [value for value in values if value == value]
    return sum(real) / len(real) if real else float("nan")
