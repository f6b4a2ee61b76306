"""Argmax matching and box codes within the step, in Keras operations: `training.matching` for boxes that are computed.

Boxes are (B, …, 4), corners `ymin, xmin, ymax, xmax`, all in the same units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

from loadstone.training.matching import EPSILON
from loadstone.training.pairs import overlaps


def matched(truth: Any, boxes: Any, threshold: float = 0.5) -> Any:
    """Return for each box the row of the ground truth that it overlaps most, int32 (B, N); -1 below the threshold.

    No ground truth is forced on a box, and rows of zeros, as padding has, overlap nothing.
    """
    found = overlaps(truth, boxes)
    best = ops.cast(ops.argmax(found, axis=1), "int32")
    return ops.where(ops.max(found, axis=1) >= threshold, best, -1)


def encoded(boxes: Any, references: Any, scales: Sequence[float]) -> Any:
    """Return boxes (…, 4) relative to others: ty, tx, th, tw, as `training.matching.encode`."""
    height, width, y, x = _centred(boxes)
    own_height, own_width, own_y, own_x = _centred(references)
    parts = [
        (y - own_y) / own_height * scales[0],
        (x - own_x) / own_width * scales[1],
        ops.log(height / own_height) * scales[2],
        ops.log(width / own_width) * scales[3],
    ]
    return ops.stack(parts, axis=-1)


def _centred(boxes: Any) -> tuple[Any, Any, Any, Any]:
    height, width = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    y, x = boxes[..., 0] + height * 0.5, boxes[..., 1] + width * 0.5
    return height + float(EPSILON), width + float(EPSILON), y, x
