"""Image interpolation with the semantics of TensorFlow 1 (`tf.compat.v1.image.resize_*`), in NumPy.

The Object Detection API resizes without half-pixel centres and without antialiasing: output pixel `i` samples the
input at `i * (input side / output side)`. Pillow, OpenCV and TensorFlow 2's `tf.image.resize` all sample elsewhere,
which moves every box a little. Source: tensorflow/core/kernels/image/resize_*_op.cc and image_resizer_state.h.
Functions of an image take float32 (H, W, C) and return float32 (height, width, C).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]

BICUBIC_A = -0.75
"""Keys' cubic coefficient that the legacy kernel uses (the TF2 one is -0.5)."""

BICUBIC_TABLE = 1024
"""The legacy kernel looks its weights up at this many fractions of a pixel."""


def _scale(inside: int, outside: int, align_corners: bool) -> np.float32:
    if align_corners and outside > 1:
        return np.float32(inside - 1) / np.float32(outside - 1)
    return np.float32(inside) / np.float32(outside)


def bilinear(
    image: Image,
    height: int,
    width: int,
    *,
    align_corners: bool = False,
    window: tuple[int, int, int, int] | None = None,
) -> Image:
    """Sample at `index * scale`, the neighbour below or right of the last pixel being that pixel.

    `window` is (first row, first column, last row + 1, last column + 1) of the `height` × `width` result: only that
    part of it is computed and returned.
    """
    top, left, bottom, right = window or (0, 0, height, width)
    if (height, width) == image.shape[:2]:
        # Every fraction is 0, in floats too.
        return image[top:bottom, left:right].copy()
    rows = _axis(image.shape[0], height, align_corners, slice(top, bottom))
    columns = _axis(image.shape[1], width, align_corners, slice(left, right))
    # Each row of the picture that is needed is interpolated across once, however many rows of the result take it.
    needed, places = np.unique(np.concatenate(rows[:2]), return_inverse=True)
    taken = image if len(needed) == image.shape[0] else image[needed]
    across = _between(taken.take(columns[0], axis=1), taken.take(columns[1], axis=1), columns[2][None, :, None])
    upper, lower = across[places[: bottom - top]], across[places[bottom - top :]]
    return _between(upper, lower, rows[2][:, None, None])


def _between(first: Image, second: Image, fraction: Image) -> Image:
    """Return `first + (second - first) * fraction` in the memory of `second`."""
    second -= first
    second *= fraction
    second += first
    return second


def _axis(
    inside: int, outside: int, align_corners: bool, part: slice
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return (lower neighbour, upper neighbour, fraction between) for each output index of `part`."""
    place = np.arange(part.start, part.stop, dtype=np.float32) * _scale(inside, outside, align_corners)
    lower = np.floor(place).astype(np.intp)
    return np.minimum(lower, inside - 1), np.minimum(lower + 1, inside - 1), place - lower.astype(np.float32)


def nearest(image: Image, height: int, width: int) -> Image:
    """Take the pixel at `floor(index * scale)`."""
    picked: Image = image[nearest_places(image.shape[0], height)][:, nearest_places(image.shape[1], width)]
    return picked


def nearest_places(inside: int, outside: int, *, align_corners: bool = False) -> npt.NDArray[np.int64]:
    """Return which of `inside` pixels each of `outside` takes: the one it lies in, or with corners on corners the
    nearest, of two as near the farther from 0."""
    places = np.arange(outside, dtype=np.float32) * _scale(inside, outside, align_corners)
    whole = np.floor(places + np.float32(0.5)) if align_corners else np.floor(places)
    return np.asarray(np.minimum(whole, inside - 1), np.int64)


def bicubic(image: Image, height: int, width: int) -> Image:
    """Convolve with Keys' kernel (a = -0.75) whose weights come from a table of 1,024 steps; borders repeat."""
    rows, row_weights = _cubic_axis(image.shape[0], height)
    columns, column_weights = _cubic_axis(image.shape[1], width)
    across = np.zeros((image.shape[0], width, image.shape[2]), np.float32)
    for tap in range(4):
        across += image[:, columns[tap]] * column_weights[tap][None, :, None]
    result = np.zeros((height, width, image.shape[2]), np.float32)
    for tap in range(4):
        result += across[rows[tap]] * row_weights[tap][:, None, None]
    return result


def _cubic_axis(inside: int, outside: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return four neighbours' indices and weights, both (4, outside)."""
    place = np.arange(outside, dtype=np.float32) * _scale(inside, outside, False)
    lower = np.floor(place).astype(np.intp)
    step = np.rint((place - lower.astype(np.float32)) * BICUBIC_TABLE).astype(np.intp)
    near, far = _cubic_tables()
    weights = np.stack([far[step], near[step], near[BICUBIC_TABLE - step], far[BICUBIC_TABLE - step]])
    indices = np.clip(lower + np.arange(-1, 3)[:, None], 0, inside - 1)
    return indices, weights


def _cubic_tables() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the kernel's weights at distance x and at distance 1 + x, for x = 0, 1/1024, …, 1."""
    a = BICUBIC_A
    x = np.arange(BICUBIC_TABLE + 1) / BICUBIC_TABLE
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    x = x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return near.astype(np.float32), far.astype(np.float32)


def area(image: Image, height: int, width: int) -> Image:
    """Average the input over the rectangle that each output pixel covers, edges by the part covered."""
    rows = _area_axis(image.shape[0], height)
    columns = _area_axis(image.shape[1], width)
    down = np.tensordot(rows, image.astype(np.float64), axes=(1, 0))
    return np.tensordot(down, columns, axes=(1, 1)).transpose(0, 2, 1).astype(np.float32)


def _area_axis(inside: int, outside: int) -> npt.NDArray[np.float64]:
    """Return (outside, inside) weights; the edges are float32 numbers, as in the kernel, so rows sum to almost one."""
    scale = _scale(inside, outside, False)
    start = (np.arange(outside, dtype=np.float32) * scale)[:, None]
    end = (np.arange(1, outside + 1, dtype=np.float32) * scale)[:, None]
    pixel = np.arange(inside, dtype=np.float32)[None, :]
    covered = np.minimum(np.minimum(pixel + 1 - start, end - pixel), np.minimum(scale, np.float32(1)))
    weights: npt.NDArray[np.float64] = np.clip(covered, 0, None).astype(np.float64) / scale
    return weights


def corner_weights(inside: int, outside: int) -> npt.NDArray[np.float32]:
    """Return (outside, inside): how much of each input a sample takes, corners on corners (`align_corners`)."""
    step = np.float32(inside - 1) / np.float32(outside - 1) if outside > 1 else np.float32(0)
    places = np.arange(outside, dtype=np.float32) * step
    lower = np.minimum(np.floor(places).astype(np.int64), inside - 1)
    upper = np.minimum(lower + 1, inside - 1)
    share = (places - lower).astype(np.float32)
    weights = np.zeros((outside, inside), np.float32)
    np.add.at(weights, (np.arange(outside), lower), 1 - share)
    np.add.at(weights, (np.arange(outside), upper), share)
    return weights
