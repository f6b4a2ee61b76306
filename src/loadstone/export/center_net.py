"""A rebuilt CenterNet in a target's vocabulary, from uint8 picture to boxes and keypoints.

Places of a map are numbered row by row; boxes and points are y, x in places of the map until the end.
Rules: runtime's `center_net_network`, `center_net_reading` and `center_net_points`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loadstone.blueprint.center_net_parts import CenterNetBlueprint
from loadstone.export.boxes import Final, clipped, half, put_detections
from loadstone.export.center_net_points import Found, grid_of, peaks_of, put_points
from loadstone.export.dialect import Dialect, Tensor, Values
from loadstone.export.front import front
from loadstone.runtime.families.center_net_plan import settings_of


def write_center_net(ops: Dialect, blueprint: CenterNetBlueprint, values: Values, labels: Mapping[int, str]) -> None:
    """Write the whole detector. Raises `UnsupportedModelError` for an input of no fixed size, or as `settings_of`."""
    settings = settings_of(blueprint, labels)
    way = front(ops, blueprint.resizer, blueprint.normalisation)
    heads = ops.network(blueprint.network, values, way.tensor)
    height, width = settings["map"]
    scores = ops.binary("multiply", ops.unary("sigmoid", heads["object_center"]), _mask(ops, way.size, height, width))
    found = _centers(ops, peaks_of(ops, scores, blueprint.peak_window), heads, blueprint, (height, width))
    inside = ops.binary("divide", way.size, ops.constant(np.float32(blueprint.stride)))
    frame = ops.concat([inside, inside])
    relative = clipped(ops, ops.binary("divide", found.boxes, frame), ops.constant(np.ones(4, np.float32)))
    valid = ops.binary("less", ops.constant(np.float32(0)), found.scores)
    counted = ops.reshape(ops.real(valid), [blueprint.max_boxes, 1])
    rows = Final(ops.binary("multiply", relative, counted), found.scores, found.classes, valid)
    put_detections(ops, rows, blueprint.max_boxes)
    for task in blueprint.keypoint_tasks[:1]:
        put_points(ops, task, heads, found, inside=inside, point_class=settings["point_class"])


def _mask(ops: Dialect, size: Tensor, height: int, width: int) -> Tensor:
    """Return 1 for places whose row and column are below the unpadded picture's height and width in pixels, else 0."""
    rows, columns_ = (
        ops.real(
            ops.binary(
                "less",
                ops.constant(np.arange(side, dtype=np.float32).reshape(shape)),
                ops.gather(size, ops.constant(np.array([axis]))),
            )
        )
        for axis, side, shape in ((0, height, (1, -1, 1, 1)), (1, width, (1, 1, -1, 1)))
    )
    return ops.binary("multiply", rows, columns_)


def _centers(
    ops: Dialect, peaks: Tensor, heads: Mapping[str, Tensor], blueprint: CenterNetBlueprint, sides: tuple[int, int]
) -> Found:
    """Return the highest peaks, the first on the map of equal ones, with their boxes clipped to the map."""
    most, classes = blueprint.max_boxes, blueprint.num_classes
    scores, cells = ops.top(ops.reshape(peaks, [-1]), most)
    places = ops.binary("quotient", cells, ops.constant(np.array(classes)))
    kinds = ops.binary("subtract", cells, ops.binary("multiply", places, ops.constant(np.array(classes))))
    grid = grid_of(ops, places, sides[1])
    offsets, extents = (ops.gather(ops.reshape(heads[f"box/{name}"], [-1, 2]), places) for name in ("offset", "scale"))
    middle = ops.binary("add", grid, offsets)
    reach = half(ops, ops.binary("maximum", extents, ops.constant(np.float32(0))))
    boxes = ops.concat([ops.binary("subtract", middle, reach), ops.binary("add", middle, reach)], 1)
    boxes = clipped(ops, boxes, ops.constant(np.array([*sides, *sides], np.float32)))
    return Found(boxes, scores, kinds, places, grid, most, sides)
