"""Precision against recall for each class, and the score below which to drop detections: the one with the best F1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from loadstone.evaluation.matching import Matched
from loadstone.facts.evaluation import Curve, Threshold, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

TOGETHER = "all classes"


def curves(pictures: Sequence[Matched], classes: Sequence[str]) -> tuple[Curve, ...]:
    """Return a curve for each class, in order, and one of all detections together, named `TOGETHER`, as the last."""
    scores, hits, names = _rows(pictures)
    objects = np.zeros(len(classes), np.int64)
    for one in pictures:
        objects += np.bincount(one.judged.truth.classes[one.counts], minlength=len(classes))
    rows = [names == class_ for class_ in range(len(classes))]
    each = [
        _curve(name, scores[row], hits[row], int(count))
        for name, row, count in zip(distinct(classes), rows, objects, strict=True)
    ]
    return (*each, _curve(TOGETHER, scores, hits, int(objects.sum())))


def _rows(pictures: Sequence[Matched]) -> tuple[Reals, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return score, hit and class of every detection that counts, over all pictures."""
    kept = [~one.neutral for one in pictures]
    scores = [one.judged.scores[rows] for one, rows in zip(pictures, kept, strict=True)]
    hits = [one.finds[rows] >= 0 for one, rows in zip(pictures, kept, strict=True)]
    names = [one.judged.classes[rows] for one, rows in zip(pictures, kept, strict=True)]
    return (
        np.concatenate([np.zeros(0), *scores]),
        np.concatenate([np.zeros(0, bool), *hits]),
        np.concatenate([np.zeros(0, np.int64), *names]),
    )


def _curve(name: str, scores: Reals, hits: npt.NDArray[np.bool_], objects: int) -> Curve:
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(hits[order])
    precision = found / np.arange(1, len(order) + 1)
    recall = found / max(objects, 1)
    return Curve(name, scores, precision, recall, objects, _best(scores, precision, recall) if objects else None)


def _best(scores: Reals, precision: Reals, recall: Reals) -> Threshold | None:
    """Return the score with the best F1. Equal scores are kept or dropped together: their last row speaks for them."""
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)) if len(scores) else np.zeros(0, np.int64)
    total = precision[last] + recall[last]
    f1 = np.divide(2 * precision[last] * recall[last], total, out=np.zeros(len(last)), where=total > 0)
    if not f1.any():
        return None
    row = int(f1.argmax())
    at = last[row]
    return Threshold(float(scores[at]), float(precision[at]), float(recall[at]), float(f1[row]))
