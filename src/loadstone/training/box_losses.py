"""Losses on whole boxes, in Keras operations: how far a predicted box is from the true one, whatever their sizes.

Boxes are (…, 4), two corners, `ymin, xmin, ymax, xmax` or `xmin, ymin, xmax, ymax` alike, both in the same units.
Each loss is a float per pair of boxes, before any weight. Sources: Yu et al., UnitBox, 2016 (IoU); Rezatofighi et al.,
Generalized Intersection over Union, 2019; Zheng et al., Distance-IoU Loss, 2020 (CIoU).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from keras import ops

EPSILON = 1e-7
"""Added to what is divided by, so that two boxes without area have a gradient that is a number."""


class _Sides(NamedTuple):
    low: Any
    high: Any


def _corners(boxes: Any) -> _Sides:
    return _Sides(boxes[..., :2], boxes[..., 2:])


def _area(sides: Any) -> Any:
    """Return the product of two sides (…, 2), those below 0 counted as 0."""
    sides = ops.maximum(sides, 0.0)
    return sides[..., 0] * sides[..., 1]


def _iou_and_union(first: _Sides, second: _Sides) -> tuple[Any, Any]:
    inside = _area(ops.minimum(first.high, second.high) - ops.maximum(first.low, second.low))
    union = _area(first.high - first.low) + _area(second.high - second.low) - inside
    return inside / (union + EPSILON), union


def iou(predicted: Any, targets: Any) -> Any:
    """Return intersection over union of each pair, 0 where they do not meet."""
    return _iou_and_union(_corners(predicted), _corners(targets))[0]


def iou_loss(predicted: Any, targets: Any) -> Any:
    """Return 1 − IoU² of each pair: YOLOX's regression loss."""
    return 1.0 - ops.square(iou(predicted, targets))


def giou_loss(predicted: Any, targets: Any) -> Any:
    """Return 1 − GIoU, from 0 to 2: boxes that do not meet still say in which direction they lie."""
    first, second = _corners(predicted), _corners(targets)
    overlap, union = _iou_and_union(first, second)
    around = _area(ops.maximum(first.high, second.high) - ops.minimum(first.low, second.low))
    return 1.0 - overlap + (around - union) / (around + EPSILON)


def ciou_loss(predicted: Any, targets: Any) -> Any:
    """Return 1 − CIoU: IoU, less the centres' distance over the common frame's diagonal, less unlike proportions."""
    first, second = _corners(predicted), _corners(targets)
    overlap, _ = _iou_and_union(first, second)
    frame = ops.maximum(first.high, second.high) - ops.minimum(first.low, second.low)
    apart = (first.low + first.high - second.low - second.high) / 2
    distance = _squares(apart) / (_squares(frame) + EPSILON)
    unlike = ops.square(_slant(second) - _slant(first)) * (4 / math.pi**2)
    # The paper treats the trade-off as a constant, or its gradient would fight the overlap's.
    share = ops.stop_gradient(unlike / (1.0 - overlap + unlike + EPSILON))
    return 1.0 - overlap + distance + share * unlike


def _squares(pair: Any) -> Any:
    return ops.sum(ops.square(pair), axis=-1)


def _slant(corners: _Sides) -> Any:
    """Return the angle of a box's diagonal."""
    sides = ops.maximum(corners.high - corners.low, EPSILON)
    return ops.arctan2(sides[..., 1], sides[..., 0])
