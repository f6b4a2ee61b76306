"""A CenterNet's losses, in Keras operations. B pictures, maps of h · w cells, G boxes, K joints, R cells around one.

Sums only; `learner.py` divides and weighs them. Sources: Law and Deng, CornerNet, 2018 (equation 1); Zhou et al.,
Objects as Points, 2019; checked against what the original computed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from keras import ops

from loadstone.training.center_net.settings import PeakLoss

CLIP = 1e-4
"""Probabilities are kept from 0 and 1 by this much; no gradient flows beyond."""


def peak_sum(logits: Any, heatmap: Any, mask: Any, loss: PeakLoss) -> Any:
    """Return the focal loss of a map, summed: logits and heatmap (B, h, w, C), mask broadcast over them.

    A cell of exactly 1 is a peak; what a cell near one says counts for less the nearer it is.
    """
    probability = ops.clip(ops.sigmoid(logits), CLIP, 1.0 - CLIP)
    at_peak = -_power(1.0 - probability, loss.alpha) * ops.log(probability)
    beside = -_power(1.0 - heatmap, loss.beta) * _power(probability, loss.alpha) * ops.log(1.0 - probability)
    return ops.sum(ops.where(heatmap == 1.0, at_peak, beside) * mask)


def _power(values: Any, exponent: float) -> Any:
    """Return values above 0 to a power; squares are multiplied, which costs a tenth."""
    if exponent == 4:
        return ops.square(ops.square(values))
    return ops.square(values) if exponent == 2 else ops.power(values, exponent)


def cells_mask(inside: Any, size: tuple[int, int]) -> Any:
    """Return 1 for the cells that show the picture itself, else 0: float32 (B, h, w, 1).

    inside: int32 (B, 2), how many rows and columns do.
    """
    rows = ops.arange(size[0])[None] < inside[:, :1]
    columns = ops.arange(size[1])[None] < inside[:, 1:]
    return ops.cast(ops.logical_and(rows[:, :, None], columns[:, None]), "float32")[..., None]


def at_cells(maps: Any, cells: Any) -> Any:
    """Return what maps (B, h, w, C) say at cells int32 (B, N): (B, N, C)."""
    rows = ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))
    return ops.take_along_axis(rows, cells[..., None], axis=1)


def box_sum(maps: Any, cells: Any, targets: Any, weights: Any) -> Any:
    """Return the absolute differences at the boxes' cells (B, G), summed: targets (B, G, 2), weights (B, G)."""
    return ops.sum(ops.abs(at_cells(maps, cells) - targets) * weights[..., None])


class Around(NamedTuple):
    """Cells around points (B, …, R): `cells` int32, numbered row by row; `grid` (B, …, R, 2), y and x; `real`, 1 where
    the cell lies on the map, else 0.
    """

    cells: Any
    grid: Any
    real: Any


def disk(radius: int) -> npt.NDArray[np.float32]:
    """Return the steps (R, 2) to all cells within a radius of one, row by row."""
    side = np.arange(-radius, radius + 1)
    steps = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.asarray(steps[np.square(steps).sum(axis=1) <= radius * radius], np.float32)


def around(points: Any, radius: int, size: tuple[int, int]) -> Around:
    """Return the cells within a radius of the cells of points (B, …, 2)."""
    grid = ops.floor(points)[..., None, :] + ops.convert_to_tensor(disk(radius))
    limits = ops.convert_to_tensor(np.asarray(size, np.float32) - 1)
    real = ops.all(ops.logical_and(grid >= 0, grid <= limits), axis=-1)
    kept = ops.cast(ops.clip(grid, 0.0, limits), "int32")
    return Around(kept[..., 0] * size[1] + kept[..., 1], grid, ops.cast(real, "float32"))


def offset_terms(maps: Any, joints: Any, weights: Any, radius: int) -> tuple[Any, Any]:
    """Return what the joints' offsets lose, summed, and the weights' sum: joints (B, G, K, 2), weights (B, G, K).

    maps: (B, h, w, 2K), a pair for each joint, or (B, h, w, 2), one for all. Each cell around a joint is to say the way
    from it to the joint.
    """
    size, count = (maps.shape[1], maps.shape[2]), joints.shape[2]
    near = around(joints, radius, size)
    wanted = joints[..., None, :] - near.grid
    if maps.shape[3] == 2:
        said = at_cells(maps, ops.reshape(near.cells, (-1, _product(near.cells.shape[1:]))))
        said = ops.reshape(said, (-1, *wanted.shape[1:]))
    else:
        # Each joint reads its own pair: joints stand beside the pairs, boxes and cells along the map's places.
        rows = ops.reshape(maps, (-1, size[0] * size[1], count, 2))
        places = ops.transpose(near.cells, (0, 1, 3, 2))
        places = ops.reshape(places, (-1, places.shape[1] * places.shape[2], count, 1))
        said = ops.take_along_axis(rows, places, axis=1)
        said = ops.reshape(said, (-1, wanted.shape[1], wanted.shape[3], count, 2))
        said = ops.transpose(said, (0, 1, 3, 2, 4))
    return _weighed(said - wanted, weights[..., None] * near.real)


def regression_terms(maps: Any, centres: Any, joints: Any, weights: Any, radius: int) -> tuple[Any, Any]:
    """Return what the way from a box's centre to its joints loses, summed, and the weights' sum.

    maps: (B, h, w, 2K); centres: (B, G, 2); joints (B, G, K, 2); weights (B, G, K).
    """
    size, count = (maps.shape[1], maps.shape[2]), joints.shape[2]
    near = around(centres, radius, size)
    said = at_cells(maps, ops.reshape(near.cells, (-1, near.cells.shape[1] * near.cells.shape[2])))
    said = ops.reshape(said, (-1, near.cells.shape[1], near.cells.shape[2], count, 2))
    wanted = joints[:, :, None] - near.grid[:, :, :, None]
    return _weighed(said - wanted, weights[:, :, None] * near.real[..., None])


def _weighed(differences: Any, weights: Any) -> tuple[Any, Any]:
    return ops.sum(ops.abs(differences) * weights[..., None]), ops.sum(weights)


def _product(sides: tuple[int, ...]) -> int:
    return int(np.prod(sides))
