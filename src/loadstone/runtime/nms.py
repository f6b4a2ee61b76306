"""Non-maximum suppression on arrays, greedy and hard, as TensorFlow and TensorFlow Lite do it.

What it is not: soft suppression, or anything learned. A box is dropped when its overlap with a better kept one is
greater than the threshold (never when it is equal), and ties in score keep the order of the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]
    Truths = npt.NDArray[np.bool_]

BLOCK = 128
"""Candidates that are compared with one another at once: the best few hundred settle most calls, and a table of
128 × 128 overlaps costs as much as three of its rows by themselves."""


def overlaps(first: Floats, second: Floats) -> Floats:
    """Return the intersection over union of every box of `first` `(M, 4)` with every one of `second` `(N, 4)`.

    Boxes are two opposite corners, in either axis order, the smaller coordinate first; 0 where one has no area.
    """
    one, other = first.T[:, :, None], second.T[:, None, :]
    # A huge encoding makes a box without end (see `ssd_reading.decode`): no number says how much it overlaps another.
    with np.errstate(over="ignore", invalid="ignore"):
        height = np.minimum(one[2], other[2]) - np.maximum(one[0], other[0])
        width = np.minimum(one[3], other[3]) - np.maximum(one[1], other[1])
        shared = np.maximum(height, 0) * np.maximum(width, 0)
        areas_one, areas_other = ((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
        union = areas_one + areas_other - shared
    real = (areas_one > 0) & (areas_other > 0) & (union > 0)
    found: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=real)
    return found


def suppress(boxes: Floats, scores: Floats, *, iou: float, most: int, groups: Indices | None = None) -> Indices:
    """Return the indices of the boxes to keep, best first, at most `most`.

    boxes: `(N, 4)` corners; scores: `(N,)`. A threshold of 1 or more keeps everything. Where `groups` `(N,)` is given,
    a box suppresses only those of its own group (its class).
    """
    order = np.argsort(-scores, kind="stable")
    if iou >= 1:
        return order[:most]
    kept = order[:0]
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        free = np.ones(len(block), np.bool_)
        if len(kept):
            free &= ~_clashes(boxes, groups, kept, block, iou=iou).any(axis=0)
        fresh = block[_greedy(free, _clashes(boxes, groups, block, block, iou=iou), most - len(kept))]
        kept = np.concatenate([kept, fresh])
        if len(kept) >= most:
            break
    return kept


def suppress_classes(
    boxes: Floats, scores: Floats, classes: Indices, *, iou: float, most_each: int, most: int
) -> Indices:
    """Return the rows that stay when each class is suppressed by itself, best first; ties in the order of classes.

    boxes: `(N, 4)` corners; scores and classes: `(N,)`. At most `most_each` of a class stay, and `most` of all. All
    classes are gone through at once, in the order of their scores, so that nothing below the last that stays is looked
    at; where a class has more than its share, further ones are asked for.
    """
    order = np.argsort(classes, kind="stable")
    boxes, scores, groups = boxes[order], scores[order], classes[order]
    asked = most
    while True:
        left = suppress(boxes, scores, iou=iou, most=asked, groups=groups)
        kept = left[rank_within(groups[left]) < most_each][:most]
        if len(kept) == most or len(left) < asked:
            return order[kept]
        asked *= 2


def rank_within(groups: Indices) -> Indices:
    """Return each entry's place among the earlier ones of its own group: [7, 3, 7, 7] gives [0, 0, 1, 2]."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(groups[order]) != 0]) if len(groups) else order
    ranks = np.empty(len(groups), np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
    return ranks


def _clashes(boxes: Floats, groups: Indices | None, first: Indices, second: Indices, *, iou: float) -> Truths:
    """Return `(M, N)`: whether a box of `first` suppresses one of `second`."""
    found: Truths = overlaps(boxes[first], boxes[second]) > iou
    if groups is not None:
        found &= groups[first][:, None] == groups[second]
    return found


def _greedy(free: Truths, clashes: Truths, most: int) -> list[int]:
    """Return which of the sorted, free candidates stay: each in turn drops those after it that it clashes with."""
    stay: list[int] = []
    for at in np.flatnonzero(free).tolist():
        if len(stay) >= most:
            break
        if free[at]:
            stay.append(at)
            free &= ~clashes[at]
    return stay
