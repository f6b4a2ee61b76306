"""Brightness, contrast, hue and saturation, as TensorFlow's kernels compute them, for pictures of 0..255.

Each function takes float32 (H, W, 3), RGB 0..255, and returns a new picture cut to that range.
What a kernel gets from the original is the picture divided by 255; the sums here are scaled instead of the picture.
Source: tensorflow/core/kernels/image/adjust_{contrast,hue,saturation}_op.cc. Hue is shifted without its own inverse:
a channel is the largest value less the chroma times a trapezium of the hue, as in A. R. Smith, Color gamut transform
pairs, 1978.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]
Planes = npt.NDArray[np.float32]
"""float32 (3, rows, W): the channels apart, so that the processor's vectors fill."""

BLOCK = 1 << 14
"""Pixels that are worked on at once, so that all intermediate planes stay in the processor's cache."""

CENTRES = (3.0, 2.0, 4.0)
"""In sixths of a turn from red: where red is least, and where green and blue are most."""

SMALLEST = 1e-20
"""Stands for the chroma of a grey, whose hue is 0 / 0."""


def cut(image: Image) -> Image:
    """Cut a fresh picture to 0..255, in place."""
    return np.clip(image, 0, 255, out=image)


def adjust_brightness(image: Image, delta: float) -> Image:
    """Add `delta` of the full range."""
    return cut(image + np.float32(delta * 255))


def adjust_contrast(image: Image, factor: float) -> Image:
    """Stretch each channel about its mean over the picture."""
    rows = image.sum(axis=0)
    mean = rows.sum(axis=0, dtype=np.float64) / max(image.shape[0] * image.shape[1], 1)
    result = image * np.float32(factor)
    result += ((1 - factor) * mean).astype(np.float32)
    return cut(result)


def adjust_saturation(image: Image, factor: float) -> Image:
    """Scale the saturation, which ends at 1; hue and value stay."""

    def stretched(planes: Planes) -> Planes:
        value = planes.max(axis=0)
        chroma = value - planes.min(axis=0)
        # The saturation is chroma by value: where it would pass 1, the channel that is least becomes 0.
        scale = value / np.maximum(chroma, np.float32(SMALLEST))
        np.minimum(scale, np.float32(factor), out=scale)
        planes -= value
        planes *= scale
        planes += value
        return planes

    return cut(_by_blocks(image, stretched))


def adjust_hue(image: Image, delta: float) -> Image:
    """Turn the hue by `delta` of a whole turn; value and saturation stay."""

    def turned(planes: Planes) -> Planes:
        value, chroma, hue = hue_of(planes)
        hue += np.float32(delta % 1 * 6)
        return from_hue(value, chroma, hue)

    return cut(_by_blocks(image, turned))


def adjust_hsv(image: Image, hue: float, saturation: float, value: float) -> Image:
    """Add to hue (of a turn, which wraps round), saturation and value (of the full range, which end at 0 and 1)."""

    def moved(planes: Planes) -> Planes:
        old, chroma, sextant = hue_of(planes)
        saturated = np.divide(chroma, np.maximum(old, np.float32(SMALLEST)), dtype=np.float32)
        saturated += np.float32(saturation)
        new = np.asarray(np.clip(old + np.float32(value * 255), 0, 255), np.float32)
        np.clip(saturated, 0, 1, out=saturated)
        saturated *= new
        sextant += np.float32(hue % 1 * 6)
        return from_hue(new, saturated, sextant)

    return cut(_by_blocks(image, moved))


def to_grey(image: Image) -> Image:
    """Return the luma in all three channels, with the original's weights 0.2989, 0.587 and 0.114."""
    luma = image @ np.array([0.2989, 0.5870, 0.1140], np.float32)
    return np.repeat(luma[..., None], 3, axis=2)


def hue_of(planes: Planes) -> tuple[Planes, Planes, Planes]:
    """Return value (largest channel), chroma (largest less smallest) and hue in 0 to 6, each (rows, W).

    The usual three cases are one here: with the larger and the smaller of green and blue, the hue is
    |z + (min(red, larger) - smaller) / chroma|, where z is 0 or -6 if red is the largest, else -2 or 4.
    """
    red, green, blue = planes
    larger, smaller = np.maximum(green, blue), np.minimum(green, blue)
    value = np.maximum(red, larger)
    chroma = value - np.minimum(red, smaller)
    hue = np.minimum(red, larger)
    hue -= smaller
    hue /= np.maximum(chroma, np.float32(SMALLEST))
    blueish = np.less(green, blue).astype(np.float32)
    other = np.less(red, larger).astype(np.float32)
    other *= blueish * 12 - 2
    blueish *= 6
    other -= blueish
    hue += other
    return value, chroma, np.abs(hue, out=hue)


def from_hue(value: Planes, chroma: Planes, hue: Planes) -> Planes:
    """Return the channels (3, rows, W) of a hue of any number of turns (6 is one); the hue's memory is used up."""
    turns = hue * np.float32(1 / 6)
    np.floor(turns, out=turns)
    turns *= 6
    hue -= turns
    planes = np.empty((3, *value.shape), np.float32)
    for plane, centre in zip(planes, CENTRES, strict=True):
        np.subtract(hue, np.float32(centre), out=plane)
        np.abs(plane, out=plane)
        if centre == CENTRES[0]:
            np.subtract(2, plane, out=plane)
        else:
            plane -= 1
        np.clip(plane, 0, 1, out=plane)
        plane *= chroma
        np.subtract(value, plane, out=plane)
    return planes


def _by_blocks(image: Image, function: Callable[[Planes], Planes]) -> Image:
    """Return the picture after `function`, which gets fresh planes of a few rows at a time."""
    result = np.empty(image.shape, np.float32)
    rows = max(BLOCK // max(image.shape[1], 1), 1)
    for top in range(0, image.shape[0], rows):
        planes = np.array(image[top : top + rows].transpose(2, 0, 1), order="C")
        result[top : top + rows] = function(planes).transpose(1, 2, 0)
    return result
