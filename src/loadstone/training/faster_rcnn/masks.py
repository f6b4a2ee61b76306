"""What a Mask R-CNN's masks are to be, and their loss.

Groundtruth masks lie in a batch as bits, eight pixels a byte: uint8 (B, G, height, ⌈width / 8⌉), the highest bit first,
of the padded picture. Each proposal's target is sampled from them as `crop_and_resize` does.
Sources: He et al., Mask R-CNN, 2017, section 3; `_loss_box_classifier` of faster_rcnn_meta_arch.py, as facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from loadstone.detectors.two_stage_ops import sample_places
from loadstone.training.losses import sigmoid_cross_entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from loadstone.facts.masks import MaskView

BITS = 8


def packed(masks: Sequence[MaskView | None], size: tuple[int, int], most: int) -> npt.NDArray[np.uint8]:
    """Return uint8 (most, height, ⌈width / 8⌉): each mask in the upper left corner of a picture of `size`."""
    height, width = size
    found = np.zeros((most, height, -(-width // BITS)), np.uint8)
    for row, mask in enumerate(masks[:most]):
        if mask is not None:
            bits = np.packbits(mask.pixels(), axis=1)
            found[row, : bits.shape[0], : bits.shape[1]] = bits
    return found


def cropped(
    bits: Any, rows: Any, boxes: Any, *, shape: tuple[int, int], size: tuple[float, float], by_matrix: bool
) -> Any:
    """Return what boxes (B, M, 4), in pixels of the padded picture, show of the masks at `rows` (B, M).

    Float32 (B, M, *shape), 0 to 1: between four pixels each, and 0 beyond the picture unless `by_matrix` (see `Crops`).
    """
    height, columns = bits.shape[2], bits.shape[3]
    relative = boxes / ops.convert_to_tensor(np.array([*size, *size], np.float32))
    y, within_y = sample_places(relative[..., 0:1], relative[..., 2:3], size[0], shape[0])
    x, within_x = sample_places(relative[..., 1:2], relative[..., 3:4], size[1], shape[1])
    top, left = ops.floor(y), ops.floor(x)
    down, across = (y - top)[..., :, None], (x - left)[..., None, :]
    begins = (_picture_numbers(bits) * bits.shape[1] + rows) * height
    table = ops.reshape(bits, (-1,))

    def at(row: Any, column: Any) -> Any:
        row, column = ops.cast(row, "int32"), ops.cast(column, "int32")
        places = (begins[..., None] + row) * columns
        found = ops.take(table, ops.reshape(places[..., :, None] + (column // BITS)[..., None, :], (-1,)), axis=0)
        found = ops.reshape(ops.cast(found, "int32"), (-1, boxes.shape[1], *shape))
        shifted = ops.right_shift(found, (BITS - 1 - column % BITS)[..., None, :])
        return ops.cast(ops.bitwise_and(shifted, 1), "float32")

    below, right = ops.minimum(top + 1, size[0] - 1), ops.minimum(left + 1, size[1] - 1)
    upper = at(top, left) * (1 - across) + at(top, right) * across
    lower = at(below, left) * (1 - across) + at(below, right) * across
    found = upper * (1 - down) + lower * down
    return found if by_matrix else found * within_y[..., :, None] * within_x[..., None, :]


def _picture_numbers(bits: Any) -> Any:
    """Return 0, 1, … for the pictures of the batch, int32 (B, 1)."""
    ones = ops.ones_like(ops.cast(bits[:, :1, 0, 0], "int32"))
    return ops.cumsum(ones, axis=0) - ones


def mask_loss(logits: Any, columns: Any, targets: Any, weights: Any) -> Any:
    """Return the mean cross entropy of the masks' pixels, a scalar, each mask by its weight.

    logits: (B, M, height, width, classes, or 1 for all classes); columns: int32 (B, M), the class head's column, above
    0 for an object; targets: (B, M, height, width); weights: (B, M). Divided by the sum of the weights in the whole
    batch times the pixels of a mask, at least 1.
    """
    own = logits[..., 0]
    if logits.shape[-1] > 1:
        here = ops.one_hot(ops.maximum(columns - 1, 0), logits.shape[-1], dtype=logits.dtype)
        own = ops.sum(logits * here[:, :, None, None], axis=-1)
    elements = ops.sum(sigmoid_cross_entropy(own, targets), axis=(-2, -1)) * weights
    pixels = targets.shape[-1] * targets.shape[-2]
    return ops.sum(elements) / ops.maximum(ops.sum(weights) * pixels, 1.0)
