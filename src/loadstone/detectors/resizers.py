"""The Object Detection API's image resizers (`image_resizer.proto`), in NumPy.

Each takes a float32 (H, W, C) picture and returns `Resized`: the picture, and its true (height, width) before any
padding, which is what boxes are relative to. Source: object_detection/core/preprocessor.py; checked against
`preprocess_cases`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from loadstone.detectors.interpolate import Image, area, bicubic, bilinear, nearest

METHODS: dict[str, Callable[[Image, int, int], Image]] = {
    "BILINEAR": bilinear,
    "NEAREST_NEIGHBOR": nearest,
    "BICUBIC": bicubic,
    "AREA": area,
}
"""`ResizeType` of image_resizer.proto."""


@dataclass(frozen=True, slots=True)
class Resized:
    """A resized picture, float32 (H, W, C), and the (height, width) of it that is not padding."""

    image: Image
    true_shape: tuple[int, int]


def fixed_shape(image: Image, height: int, width: int, *, method: str = "BILINEAR") -> Resized:
    """Stretch to exactly `height` × `width`; the aspect ratio is not kept."""
    return Resized(METHODS[method](image, height, width), (height, width))


def aspect_ratio_size(height: int, width: int, smaller: int, larger: int) -> tuple[int, int]:
    """Return the size with the same aspect ratio that fits `smaller` × `larger`, lying as the picture lies.

    float32 and rounding half to even, as the original computes it. A side that rounds to nothing, which the original
    refuses, is one pixel.
    """
    box = (smaller, larger) if height < width else (larger, smaller)
    scale = min(np.float32(box[0]) / np.float32(height), np.float32(box[1]) / np.float32(width))
    return max(int(np.rint(scale * np.float32(height))), 1), max(int(np.rint(scale * np.float32(width))), 1)


def keep_aspect_ratio(
    image: Image,
    smaller: int,
    larger: int,
    *,
    pad: bool = False,
    pad_value: Sequence[float] = (0.0, 0.0, 0.0),
    method: str = "BILINEAR",
) -> Resized:
    """Scale until the picture fits `smaller` × `larger`; `pad` fills right and below up to `larger` × `larger`."""
    height, width = aspect_ratio_size(image.shape[0], image.shape[1], smaller, larger)
    resized = METHODS[method](image, height, width)
    if pad:
        resized = padded(resized, larger, larger, pad_value)
    return Resized(resized, (height, width))


def conditional_shape(image: Image, threshold: int, *, greater: bool, method: str = "BILINEAR") -> Resized:
    """Shrink the longer side to `threshold` (`greater`), or grow the shorter one to it; else leave the picture."""
    height, width = image.shape[:2]
    side = max(height, width) if greater else min(height, width)
    if (side <= threshold) if greater else (side >= threshold):
        return Resized(image, (height, width))
    scale = np.float32(threshold) / np.float32(side)
    size = int(scale * np.float32(height)), int(scale * np.float32(width))
    if method == "BILINEAR":
        return Resized(bilinear(image, *size, align_corners=True), size)
    return Resized(METHODS[method](image, *size), size)


def pad_to_multiple(image: Image, multiple: int) -> Resized:
    """Fill with zeros, right and below, up to the next multiple of `multiple`."""
    height, width = (-(-side // multiple) * multiple for side in image.shape[:2])
    return Resized(padded(image, height, width, (0.0,) * image.shape[2]), (image.shape[0], image.shape[1]))


def padded(image: Image, height: int, width: int, value: Sequence[float]) -> Image:
    """Return the picture in the upper left corner of a `height` × `width` one filled with `value` per channel."""
    canvas = np.empty((height, width, image.shape[2]), np.float32)
    canvas[:] = np.asarray(value, np.float32)
    canvas[: image.shape[0], : image.shape[1]] = image
    return canvas
