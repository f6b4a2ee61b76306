"""Pictures turned, sheared, scaled and shifted, with their boxes: the box of what a turned box covers.

Coordinates are x, y in pixels from the upper left corner, the first pixel's centre at 0.5, 0.5. Pillow samples the
pixels, in bytes: values are rounded to whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.masks import resized
from loadstone.augmentation.objects import WHOLE, Image, check_size, clipped, covered, kept, overlapping
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.facts.dataset import Sample

Matrix = npt.NDArray[np.float64]
"""(3, 3): where a point x, y, 1 of the old picture goes in the new one."""

GREY = 114
"""What YOLOX, and the family before it, fill with."""


def turning(degrees: float) -> Matrix:
    """Return a turn about the origin, counter-clockwise for who looks at the picture."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])


def shearing(across: float, down: float) -> Matrix:
    """Return a shear: x grows by `across` of y, y by `down` of x."""
    return np.array([[1, across, 0], [down, 1, 0], [0, 0, 1]])


def scaling(factor: float) -> Matrix:
    """Return an enlargement about the origin."""
    return np.diag([factor, factor, 1])


def shifting(right: float, down: float) -> Matrix:
    """Return a shift."""
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])


def about(matrix: Matrix, x: float, y: float) -> Matrix:
    """Return a transformation that leaves the point x, y where it is."""
    return np.asarray(shifting(x, y) @ matrix @ shifting(-x, -y))


def warped(sample: Sample, matrix: Matrix, *, fill: int = GREY, smooth: bool = True, least: float = 0.0) -> Sample:
    """Return the sample transformed, its picture as large as it was.

    `fill` is the grey of what no pixel covers; `smooth` interpolates (bilinear), else the nearest pixel is taken.
    Objects wholly outside go, and those of whose new box less than the part `least` is inside.
    """
    height, width = sample.image.shape[:2]
    size = np.array([width, height], np.float64)
    corners = sample.boxes[:, [[1, 0], [3, 0], [1, 2], [3, 2]]] * size
    moved = corners @ matrix[:2, :2].T + matrix[:2, 2]
    boxes = np.concatenate([moved.min(axis=1)[:, ::-1], moved.max(axis=1)[:, ::-1]], axis=1)
    boxes = (boxes / (height, width, height, width)).astype(np.float32)
    points = sample.keypoints
    if points is not None:
        turned = points[..., ::-1] * size @ matrix[:2, :2].T + matrix[:2, 2]
        points = (turned / size)[..., ::-1].astype(np.float32)
    image = _sampled(sample.image, matrix, fill=fill, smooth=smooth)
    result = replace(sample, image=image, boxes=boxes, keypoints=points)
    stays = overlapping(boxes)
    if least:
        stays &= covered(boxes, WHOLE) >= least
    return clipped(kept(result, stays))


def in_bytes(image: Image) -> npt.NDArray[np.uint8]:
    """Return the picture rounded to bytes."""
    return (image + np.float32(0.5)).astype(np.uint8)


def _sampled(image: Image, matrix: Matrix, *, fill: int, smooth: bool) -> Image:
    from PIL import Image as Pictures

    height, width = image.shape[:2]
    back = np.linalg.inv(matrix)[:2].ravel().tolist()
    method = Pictures.Resampling.BILINEAR if smooth else Pictures.Resampling.NEAREST
    found = Pictures.fromarray(in_bytes(image)).transform(
        (width, height), Pictures.Transform.AFFINE, back, method, fillcolor=(fill,) * 3
    )
    return np.asarray(found, np.float32)


@dataclass(frozen=True, slots=True)
class RandomAffine(Augmentation):
    """Turn, shear, scale and shift, each by a number drawn from its range, about the picture's centre.

    Up to `degrees` either way; a factor from `scale_min` to `scale_max`; up to `shear` degrees along each axis; up to
    `translate` of each side. Objects of which less than `min_visible` is left go.
    Defaults but for the scale, which `Mosaic` has: YOLOX (Ge et al., 2021).
    """

    degrees: float = ranged(10.0, 0, 180)
    translate: float = ranged(0.1, 0, 1)
    scale_min: float = ranged(1.0, 0.01, 100)
    scale_max: float = ranged(1.0, 0.01, 100)
    shear: float = ranged(2.0, 0, 80)
    min_visible: float = ranged(0.2, 0, 1)
    fill: int = ranged(GREY, 0, 255)

    takes_masks: ClassVar[bool] = False

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample transformed, its picture as large as it was."""
        height, width = sample.image.shape[:2]
        angle, *slants = random.uniform(-1, 1, 3) * (self.degrees, self.shear, self.shear)
        shifts = random.uniform(-self.translate, self.translate, 2) * (width, height)
        scale = random.uniform(self.scale_min, self.scale_max)
        across, down = (math.tan(math.radians(slant)) for slant in slants)
        matrix = about(shearing(across, down) @ turning(angle) @ scaling(scale), width / 2, height / 2)
        return warped(sample, shifting(*shifts) @ matrix, fill=self.fill, least=self.min_visible)


@dataclass(frozen=True, slots=True)
class Letterbox(Augmentation):
    """Scale until the picture fits a square, and fill what is left of it, right and below; nothing is random.

    Its aspect ratio stays, so that a later resize to the same square changes nothing.
    """

    size: int = ranged(640, 1, 8192)
    fill: int = ranged(GREY, 0, 255)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in a square."""
        from loadstone.augmentation.pads import padded
        from loadstone.detectors.interpolate import bilinear

        check_size(self.size, self.size, sample.key)
        longer = max(sample.image.shape[:2])
        rows, columns = (max(round(side * self.size / longer), 1) for side in sample.image.shape[:2])
        masks = resized(sample.masks, (rows, columns))
        scaled = replace(sample, image=bilinear(sample.image, rows, columns), masks=masks)
        return padded(scaled, (self.size, self.size), (0, 0), (float(self.fill),))
