"""What a Faster R-CNN computes between its stages, with `keras.ops`: proposals and their crops, for any batch.

Boxes are yxyx in pixels of the padded picture; `runtime/families/faster_rcnn_boxes.py` computes them in NumPy, faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.faster_rcnn_parts import Crops

UNIT_SIDE = 224.0
"""The side at which a box belongs to the level before the coarsest but one (Lin et al., 2017, equation 1)."""


def sides_of(x: Any) -> Any:
    """Return (height, width) of maps (B, height, width, channels), float32 (2,): NumPy's where both are known."""
    sides = keras.ops.shape(x)[1:3]
    if all(isinstance(side, int) for side in sides):
        return np.array(sides, np.float32)
    return keras.ops.cast(keras.ops.stack(list(sides)), "float32")


def grid(shapes: Any, sides: Any, strides: tuple[float, float]) -> Any:
    """Put anchors (A, 4) of the first place at every place of a map of `sides` (2,): (N, 4), as `anchors.tile` does."""
    ops = keras.ops
    y, x = (ops.arange(sides[axis], dtype="float32") * stride for axis, stride in enumerate(strides))
    y, x = (ops.reshape(at, shape) for at, shape in ((y, (-1, 1, 1, 1)), (x, (1, -1, 1, 1))))
    nothing = ops.zeros_like(y + x)
    moved = ops.concatenate([y + nothing, x + nothing] * 2, axis=-1) + shapes
    return ops.reshape(moved, (-1, 4))


def decode(encodings: Any, anchors: Any, scales: Sequence[float]) -> Any:
    """Return boxes (B, N, 4) of encodings (ty, tx, th, tw) against anchors (1, N, 4)."""
    height, width = anchors[..., 2] - anchors[..., 0], anchors[..., 3] - anchors[..., 1]
    ty, tx, th, tw = (encodings[..., at] / scales[at] for at in range(4))
    y, x = ty * height + anchors[..., 0] + height * 0.5, tx * width + anchors[..., 1] + width * 0.5
    half_height, half_width = keras.ops.exp(th) * height / 2, keras.ops.exp(tw) * width / 2
    return keras.ops.stack([y - half_height, x - half_width, y + half_height, x + half_width], axis=-1)


def best_boxes(
    boxes: Any,
    scores: Any,
    sizes: Any,
    *,
    iou: float,
    least: float,
    most: int,
    keep_empty: bool = False,
    clip_first: bool = False,
) -> tuple[Any, Any]:
    """Suppress greedily; return the best boxes (B, most, 4), clipped to `sizes` (B, 2), and how many are real (B,).

    Columns of `boxes` (B, N, 4) after the fourth go where their boxes go. Those without area after clipping are
    dropped, and rows of zeros follow the real ones; with `keep_empty` the boxes without area follow instead, as in the
    original's static shapes. `clip_first`: see `Suppression`.
    """
    ops = keras.ops
    limits = ops.concatenate([sizes, sizes], axis=-1)[:, None]
    if clip_first:
        boxes = _clipped(boxes, limits)
        scores = ops.where(_real(boxes), scores, ops.full_like(scores, least))
    numbers = ops.arange(most, dtype="float32")
    rows = ops.arange(ops.shape(boxes)[1], dtype="int32")[None]
    left = ops.where(scores > least, scores, ops.full_like(scores, -1.0))
    chosen = ops.zeros_like(boxes[:, :1]) + ops.zeros((1, most, boxes.shape[-1]), "float32")

    def step(number: Any, state: Any) -> Any:
        # All that changes from call to call is state: OpenVINO's loop sees nothing outside itself.
        left, chosen, boxes = state
        best = ops.cast(ops.argmax(left, axis=1), "int32")[:, None]
        box = ops.take_along_axis(boxes, best[..., None], axis=1)
        alive = ops.max(left, axis=1, keepdims=True)[..., None] > least
        here = (numbers == ops.cast(number, "float32"))[None, :, None]
        chosen = ops.where(ops.logical_and(here, alive), box, chosen)
        gone = ops.logical_or(_overlaps(boxes, box) > iou, rows == best)
        return ops.where(gone, ops.full_like(left, -1.0), left), chosen, boxes

    _, chosen, _ = ops.fori_loop(0, most, step, (left, chosen, boxes))
    clipped = _clipped(chosen, limits)
    real = _real(clipped)
    order = ops.argsort(ops.where(real, numbers[None], numbers[None] + most), axis=-1)
    kept = clipped if keep_empty else ops.where(real[..., None], clipped, ops.zeros_like(clipped))
    count = ops.sum(ops.cast(real, "float32"), axis=-1)
    return ops.take_along_axis(kept, ops.cast(order, "int32")[..., None], axis=1), count


def _clipped(boxes: Any, limits: Any) -> Any:
    """Cut boxes to (B, 1, 4); columns after the fourth stay."""
    ops = keras.ops
    inside = ops.minimum(ops.maximum(boxes[..., :4], 0.0), limits)
    return ops.concatenate([inside, boxes[..., 4:]], axis=-1) if boxes.shape[-1] > 4 else inside


def _real(boxes: Any) -> Any:
    return keras.ops.logical_and(boxes[..., 2] > boxes[..., 0], boxes[..., 3] > boxes[..., 1])


def _areas(boxes: Any) -> Any:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _overlaps(boxes: Any, box: Any) -> Any:
    """Return the intersection over union of all boxes (B, N, 4) with one (B, 1, 4); 0 where either has no area."""
    ops = keras.ops
    height = ops.minimum(boxes[..., 2], box[..., 2]) - ops.maximum(boxes[..., 0], box[..., 0])
    width = ops.minimum(boxes[..., 3], box[..., 3]) - ops.maximum(boxes[..., 1], box[..., 1])
    shared = ops.maximum(height, 0.0) * ops.maximum(width, 0.0)
    union = _areas(boxes) + _areas(box) - shared
    return ops.where(shared > 0, shared / ops.where(union > 0, union, ops.ones_like(union)), ops.zeros_like(shared))


def crop(maps: Sequence[Any], boxes: Any, size: Any, crops: Crops) -> Any:
    """Sample and pool: (B · P, side, side, channels) of boxes (B, P, 4), each from the map of its level.

    `size` is (height, width) of what boxes are in pixels of, float32 (2,); for several maps it must be known.
    All maps of all pictures are laid out in one table of places, so that one gathering of rows serves every level, and
    its gradient is one sum of rows.
    """
    ops = keras.ops
    relative = boxes / ops.concatenate([ops.convert_to_tensor(size, "float32")] * 2)
    each = [sides_of(one) for one in maps]
    known = all(isinstance(one, np.ndarray) for one in each)
    of = np if known else ops
    sides = of.stack(each)
    areas = of.prod(sides, axis=1)
    begins = of.cumsum(areas) - areas
    level = _levels(relative, len(maps), size)
    high, wide = (ops.take(ops.convert_to_tensor(sides[:, at]), level, axis=0)[..., None] for at in (0, 1))
    begin = ops.take(ops.cast(ops.convert_to_tensor(begins), "int32"), level, axis=0)[..., None, None]
    y, within_y = sample_places(relative[..., 0:1], relative[..., 2:3], high, crops.size)
    x, within_x = sample_places(relative[..., 1:2], relative[..., 3:4], wide, crops.size)
    channels = maps[0].shape[-1]
    places = ops.concatenate([_in_rows(one) for one in maps], axis=1)
    top, left = ops.floor(y), ops.floor(x)
    down, across = (y - top)[..., :, None, None], (x - left)[..., None, :, None]
    rows = [top, ops.minimum(top + 1, high - 1)]
    columns = [left, ops.minimum(left + 1, wide - 1)]

    begin = begin + _starts(places)
    table = ops.reshape(places, (-1, channels))

    def at(row: Any, column: Any) -> Any:
        places_of = row[..., :, None] * wide[..., None] + column[..., None, :]
        index = ops.reshape(begin + ops.cast(places_of, "int32"), (-1,))
        return ops.reshape(ops.take(table, index, axis=0), (-1, boxes.shape[1], crops.size, crops.size, channels))

    upper = at(rows[0], columns[0]) * (1 - across) + at(rows[0], columns[1]) * across
    lower = at(rows[1], columns[0]) * (1 - across) + at(rows[1], columns[1]) * across
    found = upper * (1 - down) + lower * down
    if not crops.by_matrix:
        found = found * (within_y[..., :, None] * within_x[..., None, :])[..., None]
    found = ops.reshape(found, (-1, crops.size, crops.size, channels))
    if crops.pool_window == 1 and crops.pool_stride == 1:
        return found
    return ops.max_pool(found, crops.pool_window, crops.pool_stride, "valid")


def _in_rows(x: Any) -> Any:
    """Return maps (B, height, width, channels) as rows of places (B, N, channels)."""
    high, wide, channels = x.shape[1:]
    batch, count = (keras.ops.shape(x)[0], -1) if high is None or wide is None else (-1, high * wide)
    return keras.ops.reshape(x, (batch, count, channels))


def _starts(places: Any) -> Any:
    """Return where each picture's rows begin in the table of all (B, N, channels), int32 (B, 1, 1, 1)."""
    ones = keras.ops.ones_like(places[:, :1, :1])
    before = keras.ops.cumsum(ones, axis=0) - ones
    return keras.ops.cast(before, "int32")[..., None] * keras.ops.shape(places)[1]


def sample_places(begin: Any, end: Any, side: Any, count: int) -> tuple[Any, Any]:
    """Return `count` places from `begin` to `end` (B, P, 1), fractions of a map of `side`, as (B, P, count) on it.

    Beside them, 1 for those on the map and 0 for those that rounding put beyond it, which are moved onto its edge.
    """
    ops = keras.ops
    steps = (end - begin) * (side - 1) / (count - 1)
    places = begin * (side - 1) + steps * ops.arange(count, dtype="float32")
    within = ops.cast(ops.logical_and(places >= 0, places <= side - 1), "float32")
    return ops.minimum(ops.maximum(places, 0.0), side - 1), within


def _levels(relative: Any, count: int, size: Any) -> Any:
    """Return each box's map, 0 for the finest, int32 (B, P)."""
    ops = keras.ops
    if count == 1:
        return ops.zeros_like(ops.cast(relative[..., 0], "int32"))
    sides = ops.sqrt((relative[..., 2] - relative[..., 0]) * (relative[..., 3] - relative[..., 1]))
    ratio = float(np.sqrt(np.float32(size[0] * size[1])) / np.float32(UNIT_SIDE))
    octaves = ops.floor(ops.log(ops.maximum(sides * ratio, 1e-12)) / float(np.log(np.float32(2))))
    return ops.cast(ops.clip(octaves + (count - 2), 0, count - 1), "int32")
