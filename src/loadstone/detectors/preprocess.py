"""From a uint8 picture to a detector's input, in NumPy, in the original's order of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.interpolate import Image
from loadstone.detectors.resizers import (
    Resized,
    conditional_shape,
    fixed_shape,
    keep_aspect_ratio,
    pad_to_multiple,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.parts import Normalisation, Resizer


def preprocess(picture: npt.NDArray[Any], resizer: Resizer, normalisation: Normalisation) -> Resized:
    """Return what the network takes of one RGB picture 0..255, (height, width, 3), and its true size in there.

    SSDs normalise before they resize and pad, so that padding is 0; the others after, so that it is normalised too.
    """
    image: Image = np.ascontiguousarray(picture[..., ::-1] if normalisation.bgr else picture, np.float32)
    if normalisation.before_resizing:
        return _resized(_normalised(image, normalisation), resizer, (0.0, 0.0, 0.0))
    found = _resized(image, resizer, resizer.pad_value)
    return Resized(_normalised(found.image, normalisation), found.true_shape)


def _normalised(image: Image, normalisation: Normalisation) -> Image:
    """Subtract the mean and divide by the deviation, whole rows at a time: three numbers at a time take ten times as
    long."""
    height, width, _ = image.shape
    result: Image = image.reshape(height, -1) - np.tile(np.array(normalisation.mean, np.float32), width)
    if normalisation.deviation != (1.0, 1.0, 1.0):
        result /= np.tile(np.array(normalisation.deviation, np.float32), width)
    return result.reshape(image.shape)


def _resized(image: Image, resizer: Resizer, pad_value: tuple[float, float, float]) -> Resized:
    kind, size, method = resizer.kind, resizer.size, resizer.method
    if kind == "fixed":
        return fixed_shape(image, *size, method=method)
    if kind == "keep-aspect":
        return keep_aspect_ratio(image, *size, pad=resizer.pad, pad_value=pad_value, method=method)
    if kind == "conditional":
        return conditional_shape(image, size[0], greater=resizer.greater, method=method)
    if kind == "pad-to-multiple":
        return pad_to_multiple(image, size[0])
    return Resized(image, (image.shape[0], image.shape[1]))
