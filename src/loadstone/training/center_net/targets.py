"""What a CenterNet's maps are to show for one picture, in NumPy: peaks at centres and joints, and the boxes' sizes.

Everything is in cells of the map, float32, y before x; a box is (ymin, xmin, ymax, xmax).
Source: `center_net` target assigners of the Object Detection API (Law and Deng, CornerNet, 2018, for the radius).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]

ABSENT = 1e-3
"""Joints that count for less are taken for missing, and nothing is said of their map within their box."""


def deviations(boxes: Floats, least_overlap: float) -> Floats:
    """Return each box's standard deviation in cells, float32 (G,): a sixth of the side that its centre may stray in.

    The radius is the smallest of three, of boxes that overlap by `least_overlap` where both corners move in, both move
    out, or one each; as in the original the roots are not divided by their leading coefficient.
    """
    height, width = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    around, area, least = height + width, height * width, np.float32(least_overlap)
    roots = (
        _root(np.float32(1), -around, area * (1 - least) / (1 + least)),
        _root(np.float32(4), -2 * around, (1 - least) * area),
        _root(4 * least, 2 * least * around, (least - 1) * area),
    )
    radius = np.maximum(np.floor(np.minimum(np.minimum(roots[0], roots[1]), roots[2])), np.float32(0))
    found: Floats = ((2 * radius + 1) / np.float32(6)).astype(np.float32)
    return found


def _root(a: np.float32, b: Floats, c: Floats) -> Floats:
    return np.asarray((-b + np.sqrt(b * b - 4 * a * c)) / 2, np.float32)


def draw_peak(heatmap: Floats, cell: Integers, deviation: float, weight: float) -> None:
    """Draw one bump into a map (height, width), the higher value wins: exp(-d² / 2s²), `weight` high, without end.

    `cell`: (y, x). A weight of 1 makes exactly 1 at the cell.
    """
    scale = np.float32(2) * np.float32(deviation) * np.float32(deviation)
    rows, columns = (
        np.exp(-np.square(np.arange(side, dtype=np.float32) - np.float32(at)) / scale)
        for side, at in zip(heatmap.shape, cell, strict=True)
    )
    np.maximum(heatmap, np.outer(rows * np.float32(weight), columns), out=heatmap)


@dataclass(frozen=True, slots=True, eq=False)
class Centers:
    """heatmap: float32 (height, width, classes). For each of G boxes: cells int32 (G, 2), the centre's; sizes (G, 2),
    height and width; offsets (G, 2), of the centre within its cell; deviations (G,).
    """

    heatmap: Floats
    cells: Integers
    sizes: Floats
    offsets: Floats
    deviations: Floats


def center_targets(
    boxes: Floats,
    classes: npt.NDArray[np.int64],
    weights: Floats,
    *,
    size: tuple[int, int],
    num_classes: int,
    least_overlap: float,
) -> Centers:
    """Return what boxes (G, 4) ask of the maps, whose (height, width) is `size`."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    centres = boxes[:, :2] + sizes / np.float32(2)
    cells = np.floor(centres)
    spread = deviations(boxes, least_overlap)
    heatmap = np.zeros((*size, num_classes), np.float32)
    for number, kind in enumerate(classes):
        draw_peak(heatmap[..., kind], cells[number].astype(np.int32), spread[number], weights[number])
    return Centers(heatmap, cells.astype(np.int32), sizes, centres - cells, spread)


@dataclass(frozen=True, slots=True, eq=False)
class Joints:
    """heatmap: float32 (height, width, K). mask: bool (height, width, K), where the heat map is to be learned.

    joints: float32 (G, K, 2), 0 where there is none. weights: float32 (G, K). counted: int32 (K,), how many of each
    there are, whole weights only.
    """

    heatmap: Floats
    mask: npt.NDArray[np.bool_]
    joints: Floats
    weights: Floats
    counted: Integers


def joint_targets(points: Floats, boxes: Floats, weights: Floats, spread: Floats, *, size: tuple[int, int]) -> Joints:
    """Return what keypoints (G, K, 2), NaN where there is none, ask of the maps.

    weights: (G,), 0 for boxes of classes without keypoints; spread: (G, K), each joint's deviation.
    """
    present = np.asarray(~np.isnan(points).any(axis=-1))
    joints = np.where(present[..., None], points, np.float32(0)).astype(np.float32)
    counts = (present * weights[:, None]).astype(np.float32)
    heatmap = np.zeros((*size, points.shape[1]), np.float32)
    mask = np.ones((*size, points.shape[1]), np.bool_)
    cells = np.floor(joints).astype(np.int32)
    for number, joint in np.ndindex(counts.shape):
        if counts[number, joint] > 0:
            draw_peak(heatmap[..., joint], cells[number, joint], *_pair(spread, counts, (number, joint)))
    for number, box in enumerate(boxes):
        rows, columns = (_within(side, box[at], box[at + 2]) for at, side in enumerate(size))
        mask[rows, columns, :] &= counts[number] >= ABSENT
    return Joints(heatmap, mask, joints, counts, counts.sum(axis=0).astype(np.int32))


def _pair(spread: Floats, counts: Floats, at: tuple[int, ...]) -> tuple[float, float]:
    return float(spread[at]), float(counts[at])


def _within(side: int, low: np.float32, high: np.float32) -> slice:
    """Return the cells from `low` to below `high`."""
    first, last = (int(np.ceil(np.clip(at, 0, side))) for at in (low, high))
    return slice(first, last)
