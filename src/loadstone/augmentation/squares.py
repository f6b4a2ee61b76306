"""Square pictures cut from scaled or unscaled ones. Source: preprocessor.py of the Object Detection API.

Objects that do not reach into the square are dropped, the others cut at its edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from loadstone.augmentation.objects import check_size, clipped, kept, overlapping, reframed
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.detectors.interpolate import bilinear
from loadstone.facts.dataset import Sample

SCALES = (1e-3, 64.0)


def square(sample: Sample, image: np.typing.NDArray[np.float32], window: tuple[float, float, float, float]) -> Sample:
    """Return what `image`, which shows `window`, holds of the sample."""
    moved = reframed(sample, image, window)
    return clipped(kept(moved, overlapping(moved.boxes)))


@dataclass(frozen=True, slots=True)
class RandomScaleCropAndPadToSquare(Augmentation):
    """Scale the longer side to a random multiple of `output_size`, then cut or fill with black to that square.

    Tan et al., EfficientDet, 2020, section 5. Bilinear by TensorFlow 1's rule, and only the part that is seen.
    """

    output_size: int = ranged(512, 1, 8192)
    scale_min: float = ranged(0.1, *SCALES)
    scale_max: float = ranged(2.0, *SCALES)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a square sample of `output_size`; a side that would vanish is one pixel."""
        size = self.output_size
        height, width = sample.image.shape[:2]
        longer = random.uniform(self.scale_min, self.scale_max) * size
        rows, columns = (max(int(longer * (side / max(height, width))), 1) for side in (height, width))
        top, left = (int(max(side - size, 0) * random.random()) for side in (rows, columns))
        bottom, right = min(top + size, rows), min(left + size, columns)
        seen = bilinear(sample.image, rows, columns, window=(top, left, bottom, right))
        if seen.shape[:2] != (size, size):
            canvas = np.zeros((size, size, 3), np.float32)
            canvas[: seen.shape[0], : seen.shape[1]] = seen
            seen = canvas
        window = top / rows, left / columns, (top + size) / rows, (left + size) / columns
        return square(sample, seen, window)


@dataclass(frozen=True, slots=True)
class RandomSquareCropByScale(Augmentation):
    """Cut a square, whose side is one of `num_scales` even steps of the longer side, about a random centre.

    Zhou et al., Objects as points, 2019. The centre keeps a border's distance from the picture's edge. What lies
    outside is black, and so are the picture's last row and column, which the original never takes.
    """

    max_border: int = ranged(128, 1, 8192)
    scale_min: float = ranged(0.6, *SCALES)
    scale_max: float = ranged(1.3, *SCALES)
    num_scales: int = ranged(8, 1, 1000)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a square sample."""
        image = sample.image
        height, width = image.shape[:2]
        scale = np.linspace(self.scale_min, self.scale_max, self.num_scales)[random.integers(self.num_scales)]
        side = max(int(scale * max(height, width)), 1)
        check_size(side, side, sample.key)
        borders = [crop_border(self.max_border, length) for length in (height, width)]
        row, column = (
            int(random.integers(border, length - border + 1))
            for border, length in zip(borders, (height, width), strict=True)
        )
        top, left = row - side // 2, column - side // 2
        first_row, first_column = max(top, 0), max(left, 0)
        part = image[
            first_row : max(min(row + side // 2, height - 1), first_row),
            first_column : max(min(column + side // 2, width - 1), first_column),
        ]
        canvas = np.zeros((side, side, 3), np.float32)
        down, across = first_row - top, first_column - left
        canvas[down : down + part.shape[0], across : across + part.shape[1]] = part
        window = top / height, left / width, (top + side) / height, (left + side) / width
        return square(sample, canvas, window)


def crop_border(border: int, side: int) -> int:
    """Return the border halved until two of it are no wider than the side."""
    halvings = max(math.ceil(math.log2(2 * border / side)), 0)
    return border >> halvings
