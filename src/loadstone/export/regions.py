"""Crop-and-resize for targets that have "RoiAlign" instead: which regions' cells have the samples at their centres.

The rules are those of runtime's `faster_rcnn_boxes.regions` and `inside`, in a target's vocabulary.
"""

from __future__ import annotations

import numpy as np

from loadstone.export.dialect import Dialect, Tensor, columns


def regions_of(ops: Dialect, features: Tensor, boxes: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Return (regions xyxy (M, 4) in places of the map, which samples lie inside, (M, samples, samples, 1), 0 or 1).

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
    regions = ops.concat([ops.gather(first, swap, 1), ops.gather(end, swap, 1)], 1)
    return regions, _inside(ops, begin, steps, last, samples)


def _inside(ops: Dialect, begin: Tensor, steps: Tensor, last: Tensor, samples: int) -> Tensor:
    """Return 1 for each sample and 0 for one that rounding puts beyond the map's edge."""
    within = []
    for axis, shape in ((0, [-1, samples, 1, 1]), (1, [-1, 1, samples, 1])):
        at = ops.constant(np.arange(samples, dtype=np.float32)[None])
        places = ops.binary(
            "add", columns(ops, begin, axis, axis + 1), ops.binary("multiply", at, columns(ops, steps, axis, axis + 1))
        )
        most = ops.gather(last, ops.constant(np.array([axis])))
        beyond = ops.real(ops.binary("less", most, places))
        below = ops.real(ops.binary("less", places, ops.constant(np.float32(0))))
        kept = ops.binary("subtract", ops.binary("subtract", ops.constant(np.float32(1)), beyond), below)
        within.append(ops.reshape(kept, shape))
    return ops.binary("multiply", within[0], within[1])
