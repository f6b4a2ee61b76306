"""Which rows of two results stand for each other, and the largest differences between them.

Rows are paired by class, box and score, never by position: engines round differently, and rows of equal scores change
places. What it is not: a measure of quality (there is no truth here), only of sameness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import UnsupportedModelError
from loadstone.facts.comparison import Comparison, Difference
from loadstone.runtime.raw import Raw, RawClassification, RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

SIDE = "of the picture's side"
SAME_BOX = 0.02
SAME_SCORE = 0.02
"""Two rows farther apart than this, in the picture's sides and in score, are not the same detection."""

MOST_NAMED = 5
"""Rows without a partner that are described."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What two engines may differ by. The rebuilt detectors keep the goldens to a thousandth of the picture's side;
    float32 in another order of summation moves scores of deep networks by up to 5e-5 (EfficientDet's squeeze), masks
    and keypoints more, for they are computed from boxes that have moved.
    """

    box: float = 1e-3
    score: float = 1e-3
    keypoint: float = 2e-3
    mask: float = 1e-2


def compare(ours: Raw, theirs: Raw, *, size: tuple[int, int], image: str, tolerance: Tolerance) -> Comparison:
    """Compare two results for one picture of this (height, width).

    Raises `UnsupportedModelError` where the two are not of one kind, or of none that is understood.
    """
    if isinstance(ours, RawClassification) and isinstance(theirs, RawClassification):
        return _classes(ours.probabilities, theirs.probabilities, image=image, tolerance=tolerance)
    if isinstance(ours, RawDetections) and isinstance(theirs, RawDetections):
        return _detections(ours, theirs, size=size, image=image, tolerance=tolerance)
    raise UnsupportedModelError(
        "the two results cannot be compared", found=f"{type(ours).__name__} and {type(theirs).__name__}"
    )


def _classes(ours: Floats, theirs: Floats, *, image: str, tolerance: Tolerance) -> Comparison:
    if len(ours) != len(theirs):
        lonely = (f"{len(ours)} classes against {len(theirs)}",)
        return Comparison(image, len(ours), len(theirs), 0, 0, (), lonely)
    largest = _largest(ours, theirs)
    found = (Difference("probabilities", largest, tolerance.score),)
    return Comparison(image, len(ours), len(ours), len(ours), 0, found)


def _detections(
    ours: RawDetections, theirs: RawDetections, *, size: tuple[int, int], image: str, tolerance: Tolerance
) -> Comparison:
    sides = np.array([size[1], size[0], size[1], size[0]], np.float32)
    mine, its = _true_pairs(ours, theirs, pairs(ours, theirs, sides), sides, tolerance)
    lonely, cut = _lonely(ours, theirs, (mine, its), tolerance)
    found = [
        Difference("boxes", _largest(ours.boxes[mine] / sides, theirs.boxes[its] / sides), tolerance.box, SIDE),
        Difference("scores", _largest(ours.scores[mine], theirs.scores[its]), tolerance.score),
    ]
    found += _points(ours, theirs, (mine, its), sides[:2], tolerance)
    if ours.masks is not None and theirs.masks is not None and ours.masks.shape[1:] == theirs.masks.shape[1:]:
        found.append(Difference("masks", _largest(ours.masks[mine], theirs.masks[its]), tolerance.mask))
    return Comparison(image, len(ours), len(theirs), len(mine), cut, tuple(found), lonely, _uncompared(ours, theirs))


def _uncompared(ours: RawDetections, theirs: RawDetections) -> tuple[str, ...]:
    """Return words on outputs that both sides do not give in one form."""
    words: list[str] = []
    outputs = (("masks", ours.masks, theirs.masks), ("keypoints", ours.keypoints, theirs.keypoints))
    for name, mine, its in outputs:
        if (mine is None) != (its is None):
            words.append(f"{name}: only {'theirs' if mine is None else 'ours'}")
        elif mine is not None and its is not None and mine.shape[1:] != its.shape[1:]:
            words.append(f"{name}: {_sides(mine)} ours, {_sides(its)} theirs")
    return tuple(words)


def _sides(array: npt.NDArray[Any]) -> str:
    return "×".join(str(side) for side in array.shape[1:])


def _points(
    ours: RawDetections, theirs: RawDetections, paired: Pairs, sides: Floats, tolerance: Tolerance
) -> list[Difference]:
    mine, its = paired
    if ours.keypoints is None or theirs.keypoints is None or ours.keypoints.shape[1:] != theirs.keypoints.shape[1:]:
        return []
    found = [
        Difference(
            "keypoints",
            _largest(ours.keypoints[mine] / sides, theirs.keypoints[its] / sides),
            tolerance.keypoint,
            SIDE,
        )
    ]
    if ours.keypoint_scores is not None and theirs.keypoint_scores is not None:
        largest = _largest(ours.keypoint_scores[mine], theirs.keypoint_scores[its])
        found.append(Difference("keypoint scores", largest, tolerance.score))
    return found


def pairs(ours: RawDetections, theirs: RawDetections, sides: Floats) -> Pairs:
    """Return the rows of both that stand for each other, the nearest pairs first taken.

    Rows of different classes never do, nor rows farther apart than `SAME_BOX` and `SAME_SCORE`.
    """
    apart = np.abs(ours.boxes[:, None] / sides - theirs.boxes[None] / sides).max(axis=2, initial=0)
    off = np.abs(ours.scores[:, None] - theirs.scores[None])
    same = ours.class_ids[:, None] == theirs.class_ids[None]
    rows, columns = np.nonzero(same & (apart <= SAME_BOX) & (off <= SAME_SCORE))
    order = np.argsort(apart[rows, columns] / SAME_BOX + off[rows, columns] / SAME_SCORE, kind="stable")
    mine: list[int] = []
    its: list[int] = []
    free_rows, free_columns = np.ones(len(ours), bool), np.ones(len(theirs), bool)
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if free_rows[row] and free_columns[column]:
            free_rows[row] = free_columns[column] = False
            mine.append(row)
            its.append(column)
    return np.array(mine, np.int64), np.array(its, np.int64)


def _true_pairs(
    ours: RawDetections, theirs: RawDetections, paired: Pairs, sides: Floats, tolerance: Tolerance
) -> Pairs:
    """Leave out pairs at the cut whose boxes differ: of equal scores, each list may keep others."""
    mine, its = paired
    apart = np.abs(ours.boxes[mine] / sides - theirs.boxes[its] / sides).max(axis=1, initial=0)
    lowest = max(_last(ours, theirs), _last(theirs, ours)) + tolerance.score
    at_the_cut = (ours.scores[mine] <= lowest) & (theirs.scores[its] <= lowest)
    kept = (apart <= tolerance.box) | ~at_the_cut
    return mine[kept], its[kept]


def _last(one: RawDetections, other: RawDetections) -> float:
    """Return the score at which a list was cut, if it was: it is not shorter than the other."""
    return float(one.scores.min()) if len(one) >= len(other) and len(one) else -np.inf


def _lonely(
    ours: RawDetections, theirs: RawDetections, paired: Pairs, tolerance: Tolerance
) -> tuple[tuple[str, ...], int]:
    """Return words on rows without a partner, and how many more of them lie at the cut."""
    words: list[str] = []
    at_the_cut = 0
    for name, one, other, taken in (("ours", ours, theirs, paired[0]), ("theirs", theirs, ours, paired[1])):
        last = _last(other, one)
        for row in sorted(set(range(len(one))) - set(taken.tolist())):
            if one.scores[row] <= last + tolerance.score:
                at_the_cut += 1
            else:
                words.append(f"only {name}: {_row(one, row)}")
    if len(words) > MOST_NAMED:
        words = [*words[:MOST_NAMED], f"and {len(words) - MOST_NAMED} more"]
    return tuple(words), at_the_cut


def _row(found: RawDetections, row: int) -> str:
    box = ", ".join(f"{value:.1f}" for value in found.boxes[row].tolist())
    return f"class {int(found.class_ids[row])}, score {float(found.scores[row]):.4f}, box {box}"


def _largest(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float:
    """Return the largest difference; NaN where there is one, which no tolerance admits."""
    return float(np.abs(ours.astype(np.float64) - theirs).max(initial=0))


def agreement(found: Sequence[Comparison]) -> tuple[Difference, ...]:
    """Return the largest difference of each output over all pictures."""
    largest: dict[str, Difference] = {}
    for comparison in found:
        for one in comparison.differences:
            known = largest.get(one.output)
            if known is None or not one.largest <= known.largest:
                largest[one.output] = one
    return tuple(largest.values())
