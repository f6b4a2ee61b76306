"""Crop-and-resize for targets that have "RoiAlign" instead: which regions' cells have the samples at their centres.

The rule is that of runtime's `faster_rcnn_boxes.regions`, in a target's vocabulary.
"""

from __future__ import annotations

import numpy as np

from loadstone.export.dialect import Dialect, Tensor, columns


def regions_of(ops: Dialect, features: Tensor, boxes: Tensor, samples: int) -> Tensor:
    """Return regions xyxy (M, 4) in places of the map.

    `features` (1, height, width, channels); `boxes` (M, 4) yxyx, relative.
    """
    last = ops.binary("subtract", ops.real(ops.sides(features)), ops.constant(np.float32(1)))
    low, high = columns(ops, boxes, 0, 2), columns(ops, boxes, 2, 4)
    begin = ops.binary("multiply", low, last)
    spans = ops.binary("multiply", ops.binary("subtract", high, low), last)
    steps = ops.binary("divide", spans, ops.constant(np.float32(samples - 1)))
    first = ops.binary("subtract", begin, ops.binary("divide", steps, ops.constant(np.float32(2))))
    end = ops.binary("add", first, ops.binary("multiply", steps, ops.constant(np.float32(samples))))
    swap = ops.constant(np.array([1, 0]))
    return ops.concat([ops.gather(first, swap, 1), ops.gather(end, swap, 1)], 1)
