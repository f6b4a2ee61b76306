"""Ground truth against what is computed within a step, in Keras operations: overlaps of all pairs, rows by number.

Boxes are (B, …, 4), corners `ymin, xmin, ymax, xmax`, all in the same units. What overlaps is float32 in the order of
operations of `training.matching`, so that both find the same matches.
"""

from __future__ import annotations

from typing import Any

from keras import ops


def overlaps(truth: Any, boxes: Any) -> Any:
    """Return intersection over union, (B, G, N), of boxes (B, G, 4) and (B, N, 4); 0 where none meet."""
    first, second = truth[:, :, None], boxes[:, None]
    high = ops.minimum(first[..., 2], second[..., 2]) - ops.maximum(first[..., 0], second[..., 0])
    wide = ops.minimum(first[..., 3], second[..., 3]) - ops.maximum(first[..., 1], second[..., 1])
    inside = ops.maximum(high, 0.0) * ops.maximum(wide, 0.0)
    union = _areas(first) + _areas(second) - inside
    meet = inside > 0
    return ops.where(meet, inside / ops.where(meet, union, 1.0), 0.0)


def _areas(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def rows_of(values: Any, rows: Any) -> Any:
    """Return `values` (B, G, …) at `rows` (B, N), those below 0 counted as 0: (B, N, …)."""
    places = ops.maximum(rows, 0)
    for _ in values.shape[2:]:
        places = places[..., None]
    return ops.take_along_axis(values, places, axis=1)
