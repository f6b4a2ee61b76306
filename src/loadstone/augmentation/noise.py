"""Steps that hide or spoil parts of a picture; boxes stay as they are.

Source: preprocessor.py of the Object Detection API; random erasing is Zhong et al., 2017.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace

import numpy as np

from loadstone.augmentation.step import Augmentation, ranged
from loadstone.augmentation.window import ASPECTS
from loadstone.facts.dataset import Sample


@dataclass(frozen=True, slots=True)
class RandomBlackPatches(Augmentation):
    """Up to `max_black_patches` times, each with `probability`, blacken a square of a part of the shorter side."""

    max_black_patches: int = ranged(10, 0, 1000)
    probability: float = ranged(0.5, 0, 1)
    size_to_image_ratio: float = ranged(0.1, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with black squares."""
        image = sample.image.copy()
        height, width = image.shape[:2]
        side = int(min(height, width) * self.size_to_image_ratio)
        for _ in range(self.max_black_patches):
            if random.random() <= self.probability:
                places = random.uniform(0, 1 - self.size_to_image_ratio, 2)
                top, left = int(places[0] * height), int(places[1] * width)
                image[top : top + side, left : left + side] = 0
        return replace(sample, image=image)


@dataclass(frozen=True, slots=True)
class RandomJpegQuality(Augmentation):
    """Write as JPEG of a quality from `min_jpeg_quality` to below `max_jpeg_quality`, and read again."""

    random_coef: float = ranged(0.0, 0, 1)
    min_jpeg_quality: int = ranged(0, 0, 100)
    max_jpeg_quality: int = ranged(100, 0, 100)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample as JPEG leaves it; with probability `random_coef` as it is."""
        from PIL import Image

        if random.random() < self.random_coef:
            return sample
        quality = self.min_jpeg_quality
        if self.max_jpeg_quality > quality:
            quality = int(random.integers(quality, self.max_jpeg_quality))
        stream = io.BytesIO()
        # 4:2:0 is what TensorFlow's encoder writes too; libjpeg takes a quality of 0 for 1.
        Image.fromarray(sample.image.astype(np.uint8)).save(stream, "JPEG", quality=max(quality, 1), subsampling=2)
        return replace(sample, image=np.asarray(Image.open(stream), np.float32))


@dataclass(frozen=True, slots=True)
class RandomPatchGaussian(Augmentation):
    """Add Gaussian noise, of a drawn deviation (of the full range), within a square of a drawn side.

    Lopes et al., Patch Gaussian, 2019. The square's centre lies anywhere in the picture.
    """

    random_coef: float = ranged(0.0, 0, 1)
    min_patch_size: int = ranged(1, 1, 1 << 14)
    max_patch_size: int = ranged(250, 1, 1 << 14)
    min_gaussian_stddev: float = ranged(0.0, 0, 100)
    max_gaussian_stddev: float = ranged(1.0, 0, 100)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with a noisy patch; with probability `random_coef` as it is."""
        if random.random() < self.random_coef:
            return sample
        side = self.min_patch_size
        if self.max_patch_size > side:
            side = int(random.integers(side, self.max_patch_size))
        deviation = random.uniform(self.min_gaussian_stddev, self.max_gaussian_stddev) * 255
        row, column = (int(random.integers(length)) for length in sample.image.shape[:2])
        patch = (
            slice(max(row - side // 2, 0), row - side // 2 + side),
            slice(max(column - side // 2, 0), column - side // 2 + side),
        )
        image = sample.image.copy()
        noise = random.standard_normal(image[patch].shape, np.float32) * np.float32(deviation)
        image[patch] = np.clip(image[patch] + noise, 0, 255)
        return replace(sample, image=image)


@dataclass(frozen=True, slots=True)
class RandomErasing(Augmentation):
    """With `probability`, fill a rectangle of a drawn area and aspect ratio with noise."""

    probability: float = ranged(0.5, 0, 1)
    min_area: float = ranged(0.02, 0, 1)
    max_area: float = ranged(0.4, 0, 1)
    min_aspect_ratio: float = ranged(0.3, *ASPECTS)
    max_aspect_ratio: float = ranged(3.3, *ASPECTS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with a rectangle hidden; a side longer than the picture's is cut to that."""
        if random.random() >= self.probability:
            return sample
        height, width = sample.image.shape[:2]
        area = random.uniform(self.min_area, self.max_area) * height * width
        # The logarithm is uniform, so that lying and standing rectangles are as likely.
        aspect = math.exp(random.uniform(math.log(self.min_aspect_ratio), math.log(self.max_aspect_ratio)))
        rows = min(max(round(math.sqrt(area / aspect)), 1), height)
        columns = min(max(round(math.sqrt(area * aspect)), 1), width)
        top, left = int(random.integers(height - rows + 1)), int(random.integers(width - columns + 1))
        image = sample.image.copy()
        image[top : top + rows, left : left + columns] = random.random((rows, columns, 3), np.float32) * 255
        return replace(sample, image=image)
