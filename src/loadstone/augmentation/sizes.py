"""Steps that change a picture's size and not what it shows: boxes are fractions, and stay as they are.

Source: preprocessor.py of the Object Detection API; the resizing is TensorFlow 1's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from loadstone.augmentation.masks import resized
from loadstone.augmentation.objects import check_size
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.detectors.interpolate import bilinear
from loadstone.detectors.resizers import METHODS
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

SIDES = (1, 1 << 14)
PIXELS = (1, 1 << 26)
ORDER = ("BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA")
"""The numbers 0 to 3 of TensorFlow's `ResizeMethod`."""


@dataclass(frozen=True, slots=True)
class RandomImageScale(Augmentation):
    """Scale both sides by a factor from `min_scale_ratio` to `max_scale_ratio`; corners on corners."""

    min_scale_ratio: float = ranged(0.5, 1e-3, 64)
    max_scale_ratio: float = ranged(2.0, 1e-3, 64)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in another size; a side that would vanish is one pixel."""
        scale = random.uniform(self.min_scale_ratio, self.max_scale_ratio)
        height, width = (max(int(side * scale), 1) for side in sample.image.shape[:2])
        check_size(height, width, sample.key)
        masks = resized(sample.masks, (height, width), align_corners=True)
        return replace(sample, image=bilinear(sample.image, height, width, align_corners=True), masks=masks)


@dataclass(frozen=True, slots=True)
class RandomDownscaleToTargetPixels(Augmentation):
    """Shrink a picture that has more pixels than a number drawn from the range, which is then what it has at most."""

    random_coef: float = ranged(0.0, 0, 1)
    min_target_pixels: int = ranged(300_000, *PIXELS)
    max_target_pixels: int = ranged(500_000, *PIXELS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample, perhaps smaller; with probability `random_coef` as it is."""
        height, width = sample.image.shape[:2]
        if random.random() < self.random_coef:
            return sample
        target = self.min_target_pixels
        if self.max_target_pixels > target:
            target = int(random.integers(target, self.max_target_pixels))
        if height * width <= target:
            return sample
        scale = math.sqrt(target / (height * width))
        size = max(int(scale * height), 1), max(int(scale * width), 1)
        return replace(sample, image=bilinear(sample.image, *size), masks=resized(sample.masks, size))


@dataclass(frozen=True, slots=True)
class ResizeImage(Augmentation):
    """Stretch to a size; nothing is random."""

    new_height: int = ranged(600, *SIDES)
    new_width: int = ranged(1024, *SIDES)
    method: str = "BILINEAR"

    def __post_init__(self) -> None:
        """Raise `FormatError` for a method that TensorFlow 1 does not have."""
        Augmentation.__post_init__(self)
        if self.method not in METHODS:
            raise FormatError("method is none that is known", expected=" or ".join(METHODS), found=self.method)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in another size."""
        check_size(self.new_height, self.new_width, sample.key)
        return _resized(sample, self.method, self.new_height, self.new_width)


@dataclass(frozen=True, slots=True)
class RandomResizeMethod(Augmentation):
    """Stretch to a size by one of the four methods, each as likely."""

    target_height: int = ranged(1, *SIDES)
    target_width: int = ranged(1, *SIDES)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in another size."""
        check_size(self.target_height, self.target_width, sample.key)
        method = ORDER[random.integers(len(ORDER))]
        return _resized(sample, method, self.target_height, self.target_width)


def _resized(sample: Sample, method: str, height: int, width: int) -> Sample:
    # Bicubic overshoots; a sample's values are 0 to 255.
    image = np.clip(METHODS[method](sample.image, height, width), 0, 255)
    return replace(sample, image=image, masks=resized(sample.masks, (height, width)))
