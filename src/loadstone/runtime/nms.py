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


def suppress(boxes: Floats, scores: Floats, *, iou: float, most: int) -> Indices:
    """Return the indices of the boxes to keep, best first, at most `most`.

    boxes: `(N, 4)` corners; scores: `(N,)`. A threshold of 1 or more keeps everything.
    """
    order = np.argsort(-scores, kind="stable")
    if iou >= 1:
        return order[:most]
    kept = np.zeros(0, np.int64)
    for start in range(0, len(order), BLOCK):
        if len(kept) >= most:
            break
        kept = _extended(kept, order[start : start + BLOCK], boxes, iou=iou, most=most)
    return kept


def _extended(kept: Indices, block: Indices, boxes: Floats, *, iou: float, most: int) -> Indices:
    """Return `kept` with what stays of the next candidates, which are sorted and all worse."""
    rows = np.concatenate([kept, block])
    chosen = boxes[rows]
    areas = (chosen[:, 2] - chosen[:, 0]) * (chosen[:, 3] - chosen[:, 1])
    alive = np.ones(len(rows), bool)
    best: list[int] = []
    for at in range(len(rows)):
        if len(best) == most:
            break
        if at < len(kept) or alive[at]:
            best.append(at)
            first = max(at + 1, len(kept))
            alive[first:] &= overlap(chosen[at], float(areas[at]), chosen[first:], areas[first:]) <= iou
    return rows[best]
