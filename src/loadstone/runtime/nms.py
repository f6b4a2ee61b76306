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
    sorted_boxes = boxes[order]
    areas = (sorted_boxes[:, 2] - sorted_boxes[:, 0]) * (sorted_boxes[:, 3] - sorted_boxes[:, 1])
    left = np.arange(len(order))
    kept: list[int] = []
    while left.size and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(int(best))
        if left.size:
            shares = overlap(sorted_boxes[best], float(areas[best]), sorted_boxes[left], areas[left])
            left = left[shares <= iou]
    return order[kept]
