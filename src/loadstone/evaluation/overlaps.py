"""How boxes overlap: xyxy in pixels, (N, 4) against (M, 4), areas of real numbers without Pascal VOC's extra pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]


def areas(boxes: Reals) -> Reals:
    """Return square pixels (N,), 0 for a box without an inside."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    products: Reals = sides[:, 0] * sides[:, 1]
    return products


def iou(boxes: Reals, others: Reals) -> Reals:
    """Return intersection over union (N, M); 0 where both are empty."""
    shared = _shared(boxes, others)
    union = areas(boxes)[:, None] + areas(others)[None] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def inside(boxes: Reals, others: Reals) -> Reals:
    """Return the share of each of `boxes` that lies within each of `others` (N, M); 0 for an empty box."""
    shared, own = _shared(boxes, others), areas(boxes)[:, None]
    return np.divide(shared, own, out=np.zeros_like(shared), where=own > 0)


def _shared(boxes: Reals, others: Reals) -> Reals:
    upper = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    sides = np.clip(lower - upper, 0, None)
    shared: Reals = sides[..., 0] * sides[..., 1]
    return shared
