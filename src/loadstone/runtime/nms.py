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


BLOCK = 256
"""Candidates that are looked at together: the best few hundred settle most calls, whatever the number of anchors."""


def overlap(box: Floats, area: float, boxes: Floats, areas: Floats) -> Floats:
    """Return the intersection over union of one box `(4,)` with `boxes` `(N, 4)`; 0 where either has no area.

    Boxes are two opposite corners, in either axis order, the smaller coordinate first.
    """
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    np.maximum(sides, 0, out=sides)
    shared = sides[:, 0] * sides[:, 1]
    union = area + areas - shared
    empty = (areas <= 0) | (union <= 0)
    return np.where(empty | (area <= 0), 0, shared / np.where(empty, 1, union)).astype(np.float32, copy=False)


def suppress(boxes: Floats, scores: Floats, *, iou: float, most: int, groups: Indices | None = None) -> Indices:
    """Return the indices of the boxes to keep, best first, at most `most`.

    boxes: `(N, 4)` corners; scores: `(N,)`. A threshold of 1 or more keeps everything. Where `groups` `(N,)` is given,
    a box suppresses only those of its own group (its class).
    """
    order = np.argsort(-scores, kind="stable")
    if iou >= 1:
        return order[:most]
    kept = np.zeros(0, np.int64)
    for start in range(0, len(order), BLOCK):
        if len(kept) >= most:
            break
        rows = np.concatenate([kept, order[start : start + BLOCK]])
        chosen = boxes[rows], None if groups is None else groups[rows]
        kept = rows[_survivors(*chosen, settled=len(kept), iou=iou, most=most)]
    return kept


def _survivors(boxes: Floats, groups: Indices | None, *, settled: int, iou: float, most: int) -> list[int]:
    """Return which of the sorted boxes stay, of which the first `settled` are already known to."""
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), bool)
    best: list[int] = []
    for at in range(len(boxes)):
        if len(best) == most:
            break
        if alive[at]:
            best.append(at)
            first = max(at + 1, settled)
            clash = overlap(boxes[at], float(areas[at]), boxes[first:], areas[first:]) > iou
            if groups is not None:
                clash &= groups[first:] == groups[at]
            alive[first:] &= ~clash
    return best
