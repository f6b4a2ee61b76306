"""Which detection finds which object, at one least overlap: what curves, thresholds, confusion and mistakes rest on.

COCO's way: best score first, each detection takes the free object of its class that it overlaps most. Crowds, groups
and difficult objects are neutral: what only belongs to one of them is neither right nor false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.evaluation.overlaps import inside, iou
from loadstone.facts.evaluation import Judged

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]
    Truths = npt.NDArray[np.bool_]

LEAST = 0.5
"""The overlap from which a box counts as found, as usual."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """One picture with who found whom.

    overlaps: float64 (N, G). finds: int64 (N,), the object that each detection finds, -1 for none. neutral: bool (N,),
    detections that do not count. counts: bool (G,), objects that do.
    """

    judged: Judged
    overlaps: Reals
    finds: npt.NDArray[np.int64]
    neutral: Truths
    counts: Truths


def matched(one: Judged, least: float = LEAST) -> Matched:
    """Return which detection finds which object. That of a part of them, best scores first, is a part of it."""
    truth = one.truth
    overlaps = iou(one.boxes, truth.boxes)
    same = one.classes[:, None] == truth.classes[None]
    counts = ~(truth.crowd | truth.group_of | truth.difficult) & (truth.classes >= 0)
    finds = _greedy(np.where(same & counts, overlaps, 0.0), one.scores, least)
    around = truth.crowd | truth.group_of
    touches = np.where(around, inside(one.boxes, truth.boxes), overlaps) >= least
    neutral = (finds < 0) & (touches & same & ~counts).any(axis=1)
    return Matched(one, overlaps, finds, neutral | (one.classes < 0), counts)


def _greedy(overlaps: Reals, scores: Reals, least: float) -> npt.NDArray[np.int64]:
    """Return for each row the free column that it overlaps most, by at least `least`; the best score chooses first."""
    finds = np.full(len(scores), -1, np.int64)
    if not overlaps.size:
        return finds
    free = np.ones(overlaps.shape[1], bool)
    # Most detections overlap nothing by enough, and need no turn of their own.
    rows = np.flatnonzero(overlaps.max(axis=1) >= least)
    for row in rows[np.argsort(-scores[rows], kind="stable")].tolist():
        left = np.where(free, overlaps[row], -1.0)
        column = int(left.argmax())
        if left[column] >= least:
            finds[row] = column
            free[column] = False
    return finds
