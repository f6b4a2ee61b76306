"""Anchor boxes: the three generators that the zoo's detectors use, in NumPy.

Anchors are float32 (N, 4), corners `ymin, xmin, ymax, xmax`; the docstring of each generator says whether in pixels or
relative to the picture. Rows run over y, then x, then the shapes at one place, and level after level.
Source: object_detection/anchor_generators/*.py; shapes and order checked against the goldens.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Anchors = npt.NDArray[np.float32]


def tile(heights: Anchors, widths: Anchors, centre_y: Anchors, centre_x: Anchors) -> Anchors:
    """Put every shape (heights, widths: (A,)) at every place of the grid (centre_y: (H,), centre_x: (W,))."""
    grid = (len(centre_y), len(centre_x), len(heights))
    y = np.broadcast_to(centre_y[:, None, None], grid).reshape(-1)
    x = np.broadcast_to(centre_x[None, :, None], grid).reshape(-1)
    half_height = np.broadcast_to(heights / 2, grid).reshape(-1)
    half_width = np.broadcast_to(widths / 2, grid).reshape(-1)
    return np.stack([y - half_height, x - half_width, y + half_height, x + half_width], axis=1).astype(np.float32)


def grid_anchors(
    feature_map: tuple[int, int],
    *,
    scales: Sequence[float],
    aspect_ratios: Sequence[float],
    base_size: tuple[float, float] = (256.0, 256.0),
    stride: tuple[float, float] = (16.0, 16.0),
    offset: tuple[float, float] = (0.0, 0.0),
) -> Anchors:
    """`grid_anchor_generator` (Faster R-CNN): absolute pixels; aspect ratio (width over height) outer, scale inner."""
    ratios: Anchors = np.sqrt(np.repeat(np.asarray(aspect_ratios, np.float32), len(scales)))
    sizes = np.tile(np.asarray(scales, np.float32), len(aspect_ratios))
    heights = sizes / ratios * np.float32(base_size[0])
    widths = sizes * ratios * np.float32(base_size[1])
    centre_y = np.arange(feature_map[0], dtype=np.float32) * np.float32(stride[0]) + np.float32(offset[0])
    centre_x = np.arange(feature_map[1], dtype=np.float32) * np.float32(stride[1]) + np.float32(offset[1])
    return tile(_float32(heights), _float32(widths), centre_y, centre_x)


def multiscale_anchors(
    image: tuple[int, int],
    *,
    min_level: int,
    max_level: int,
    anchor_scale: float = 4.0,
    aspect_ratios: Sequence[float] = (1.0, 2.0, 0.5),
    scales_per_octave: int = 2,
    normalise: bool = True,
) -> Anchors:
    """`multiscale_anchor_generator` (FPN, BiFPN): strides 2^level; relative to the picture when `normalise`.

    The centre is offset by half a stride where the picture's side divides by the stride, else by nothing.
    """
    scales = [2 ** (step / scales_per_octave) for step in range(scales_per_octave)]
    levels = []
    for level in range(min_level, max_level + 1):
        stride = 2**level
        feature_map = (-(-image[0] // stride), -(-image[1] // stride))
        offset = tuple(stride / 2 if side % stride == 0 else 0.0 for side in image)
        levels.append(
            grid_anchors(
                feature_map,
                scales=scales,
                aspect_ratios=aspect_ratios,
                base_size=(anchor_scale * stride, anchor_scale * stride),
                stride=(stride, stride),
                offset=(offset[0], offset[1]),
            )
        )
    anchors = np.concatenate(levels)
    if normalise:
        # The original multiplies by the reciprocal, whose rounding decides between anchors that overlap a box equally.
        anchors = anchors * (np.float32(1) / np.asarray([image[0], image[1], image[0], image[1]], np.float32))
    return anchors


def _float32(values: npt.ArrayLike) -> Anchors:
    """Return an array that the type checker knows for float32, without a copy where it is."""
    return np.asarray(values, np.float32)


def ssd_scales(layers: int, smallest: float, largest: float) -> list[float]:
    """Return one scale per feature map, evenly spaced, and 1.0 after the last."""
    if layers == 1:
        return [smallest, 1.0]
    return [smallest + (largest - smallest) * layer / (layers - 1) for layer in range(layers)] + [1.0]


def ssd_shapes(
    scales: Sequence[float],
    aspect_ratios: Sequence[float],
    *,
    interpolated_ratio: float = 1.0,
    reduce_lowest: bool = True,
) -> list[list[tuple[float, float]]]:
    """`ssd_anchor_generator`: return for each feature map its (scale, aspect ratio) pairs, in order.

    `reduce_lowest` gives the first map three shapes; the others get every ratio and, last, an interpolated square
    of scale √(s·s_next) unless `interpolated_ratio` is 0.
    """
    shapes: list[list[tuple[float, float]]] = []
    for layer, (scale, following) in enumerate(pairwise(scales)):
        if layer == 0 and reduce_lowest:
            shapes.append([(0.1, 1.0), (scale, 2.0), (scale, 0.5)])
            continue
        pairs = [(scale, ratio) for ratio in aspect_ratios]
        if interpolated_ratio > 0:
            pairs.append((float(np.sqrt(scale * following)), interpolated_ratio))
        shapes.append(pairs)
    return shapes


def ssd_anchors(
    feature_maps: Sequence[tuple[int, int]],
    shapes: Sequence[Sequence[tuple[float, float]]],
    *,
    image: tuple[int, int] = (1, 1),
    strides: Sequence[tuple[int, int]] = (),
    offsets: Sequence[tuple[int, int]] = (),
) -> Anchors:
    """Place the shapes of each map at the centres `(i + 0.5) / n`; relative to the picture.

    `image` is (height, width): the base size is its shorter side over each side, 1 for a square picture.
    `strides` and `offsets`, one (height, width) in pixels for each map, put the centres elsewhere.
    """
    shorter = min(image)
    base_height, base_width = np.float32(shorter / image[0]), np.float32(shorter / image[1])
    levels = []
    for number, (sides, pairs) in enumerate(zip(feature_maps, shapes, strict=True)):
        scale = np.asarray([pair[0] for pair in pairs], np.float32)
        ratio = np.sqrt(np.asarray([pair[1] for pair in pairs], np.float32))
        centre_y, centre_x = (
            _centres(
                sides[axis],
                stride=strides[number][axis] / image[axis] if strides else None,
                offset=offsets[number][axis] / image[axis] if offsets else None,
            )
            for axis in (0, 1)
        )
        heights, widths = _float32(scale / ratio * base_height), _float32(scale * ratio * base_width)
        levels.append(tile(heights, widths, centre_y, centre_x))
    return np.concatenate(levels)


def _centres(count: int, *, stride: float | None, offset: float | None) -> Anchors:
    """Return the centres along one axis: evenly spread, or at a stride, from half of it on or from an offset."""
    if stride is None and offset is None:
        return (np.arange(count, dtype=np.float32) + np.float32(0.5)) / np.float32(count)
    step = np.float32(1 / count if stride is None else stride)
    first = np.float32(0.5) * step if offset is None else np.float32(offset)
    return _float32(np.arange(count, dtype=np.float32) * step + first)
