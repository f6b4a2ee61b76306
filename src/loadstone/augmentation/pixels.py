"""What AutoAugment does to pixels, on bytes (H, W, 3): Pillow's own operations, where the originals say they are its.

Source: autoaugment_utils.py of the Object Detection API, whose operations are said to be equivalents of Pillow's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def auto_contrast(image: Bytes) -> Bytes:
    """Stretch each channel so that its least value is 0 and its largest 255."""
    from PIL import ImageOps

    return _bytes(ImageOps.autocontrast(_picture(image)))


def equalize(image: Bytes) -> Bytes:
    """Spread each channel's values so that all are about as frequent."""
    from PIL import ImageOps

    return _bytes(ImageOps.equalize(_picture(image)))


def posterize(image: Bytes, bits: int) -> Bytes:
    """Keep the highest bits of each value; at least one, as TensorFlow shifts by no more than seven."""
    return image & np.uint8(0xFF << (8 - max(bits, 1)) & 0xFF)


def solarize(image: Bytes, threshold: int) -> Bytes:
    """Invert values from the threshold on."""
    return np.where(image < threshold, image, 255 - image)


def solarize_add(image: Bytes, addition: int) -> Bytes:
    """Add to values below 128."""
    added = np.clip(image.astype(np.int64) + addition, 0, 255).astype(np.uint8)
    return np.where(image < 128, added, image)


def color(image: Bytes, factor: float) -> Bytes:
    """Blend with the picture's grey: 0 is grey, 1 the picture."""
    from PIL import ImageEnhance

    return _bytes(ImageEnhance.Color(_picture(image)).enhance(factor))


def brightness(image: Bytes, factor: float) -> Bytes:
    """Blend with black: 0 is black, 1 the picture."""
    from PIL import ImageEnhance

    return _bytes(ImageEnhance.Brightness(_picture(image)).enhance(factor))


def sharpness(image: Bytes, factor: float) -> Bytes:
    """Blend with the picture smoothed: 0 is smooth, 1 the picture."""
    from PIL import ImageEnhance

    return _bytes(ImageEnhance.Sharpness(_picture(image)).enhance(factor))


def contrast(image: Bytes, factor: float) -> Bytes:
    """Blend with an even grey: 0 is grey, 1 the picture.

    Not Pillow's: the original means the mean and takes the number of pixels by 256, at most 255, which is white for any
    picture of more than 256 × 255 pixels. The policies were learned with that.
    """
    from PIL import Image

    mean = min(image.shape[0] * image.shape[1] // 256, 255)
    even = Image.new("RGB", (image.shape[1], image.shape[0]), (mean,) * 3)
    return _bytes(Image.blend(even, _picture(image), factor))


def cutout(image: Bytes, half: int, random: np.random.Generator, fill: int) -> Bytes:
    """Fill a square of twice `half` a side, about a drawn pixel, as far as it lies in the picture."""
    row, column = (int(random.integers(side)) for side in image.shape[:2])
    image = image.copy()
    image[max(row - half, 0) : row + half, max(column - half, 0) : column + half] = fill
    return image


def _picture(image: Bytes) -> Any:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(image))


def _bytes(picture: Any) -> Bytes:
    return np.asarray(picture, np.uint8)
