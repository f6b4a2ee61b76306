"""An example's picture as pixels, and as the `Sample` that training takes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.masks import drawer
from loadstone.facts.dataset import Example, Sample
from loadstone.facts.masks import MaskView
from loadstone.wire.picture import decode

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def pixels_of(example: Example) -> Pixels:
    """Return the picture that the boxes are of, uint8 (H, W, 3) RGB. Raises `LoadstoneError` where it cannot be had.

    The EXIF orientation is applied where the annotation is of the upright picture: where its format means so, or where
    the size that it states is that of the upright picture and not of the stored one.
    """
    return pixels(example, example.read())


def pixels(example: Example, data: bytes, *, least: int = 0) -> Pixels:
    """Return the picture of an example whose encoded bytes are in hand, as `pixels_of` does.

    With `least`, a large JPEG may come smaller, with sides of at least that (`wire.picture.decode`). Only where the
    annotation states a size: boxes could not be told in fractions of the picture without.
    """
    where = example.path or example.where
    stated = (example.width, example.height) if example.upright is None else None
    least = least if min(example.width, example.height) > 0 else 0
    return decode(io.BytesIO(data), where=where, ignore_exif=example.upright is False, stated=stated, least=least)


def sample_of(
    example: Example, image: Pixels, order: npt.NDArray[np.int64] | None = None, *, masks: bool = False
) -> Sample:
    """Return the sample of an example and its pixels.

    Boxes with a side that is no finite number are dropped, as are objects without a class; crowds stay, as ordinary
    objects, as in the original. Pixels become fractions of the size that the annotation states, else of the picture's.
    `order`, int64 (C,), is each class's number in the model, -1 for one that it has not; without it numbers stay.
    With `masks` it has the objects' masks, which are drawn when they are asked for.
    """
    height, width = image.shape[:2]
    if min(example.width, example.height) > 0:
        width, height = example.width, example.height
    objects = example.objects
    classes = objects.classes
    if order is not None:
        classes = np.where(classes >= 0, order[classes], -1)
    keep = np.isfinite(objects.boxes).all(1) & (classes >= 0)
    scale = np.asarray([height, width, height, width], np.float64)
    boxes = objects.boxes[keep][:, [1, 0, 3, 2]] / scale
    keypoints = None
    if objects.keypoints is not None:
        points = objects.keypoints[keep]
        there = points[..., 2:] > 0
        keypoints = np.where(there, points[..., 1::-1] / scale[:2], np.nan).astype(np.float32)
    return Sample(
        example.key,
        image.astype(np.float32),
        boxes.astype(np.float32),
        classes[keep],
        objects.weights[keep],
        keypoints,
        _masks(example, keep, (height, width), (image.shape[0], image.shape[1])) if masks else None,
    )


def _masks(
    example: Example, keep: npt.NDArray[np.bool_], size: tuple[int, int], shown: tuple[int, int]
) -> tuple[MaskView | None, ...]:
    """Return the kept objects' masks, drawn in the annotation's `size` and seen in the picture's, (height, width)."""
    rows, columns = (
        ((np.arange(now) + 0.5) * own / now).astype(np.int64) for own, now in zip(size, shown, strict=True)
    )
    draws = (drawer(example, row, *size) for row in np.flatnonzero(keep).tolist())
    return tuple(None if draw is None else MaskView(draw, rows, columns) for draw in draws)
