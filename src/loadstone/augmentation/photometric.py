"""Steps that change colours and nothing else: the original's, and the HSV jitter of the YOLO family.

Source: preprocessor.py of the Object Detection API; defaults are those of preprocessor.proto.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loadstone.augmentation import colours
from loadstone.augmentation.colours import Image
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.facts.dataset import Sample

GAINS = (0.0, 100.0)


@dataclass(frozen=True, slots=True)
class RandomAdjustBrightness(Augmentation):
    """Add a number from -`max_delta` to `max_delta` of the full range."""

    max_delta: float = ranged(0.2, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in another light."""
        delta = random.uniform(-self.max_delta, self.max_delta)
        return replace(sample, image=colours.adjust_brightness(sample.image, delta))


@dataclass(frozen=True, slots=True)
class RandomAdjustContrast(Augmentation):
    """Stretch each channel about its mean by a factor from `min_delta` to `max_delta`."""

    min_delta: float = ranged(0.8, *GAINS)
    max_delta: float = ranged(1.25, *GAINS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with more or less contrast."""
        factor = random.uniform(self.min_delta, self.max_delta)
        return replace(sample, image=colours.adjust_contrast(sample.image, factor))


@dataclass(frozen=True, slots=True)
class RandomAdjustHue(Augmentation):
    """Turn the hue by -`max_delta` to `max_delta` of a turn."""

    max_delta: float = ranged(0.02, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in other hues."""
        delta = random.uniform(-self.max_delta, self.max_delta)
        return replace(sample, image=colours.adjust_hue(sample.image, delta))


@dataclass(frozen=True, slots=True)
class RandomAdjustSaturation(Augmentation):
    """Multiply the saturation by a factor from `min_delta` to `max_delta`."""

    min_delta: float = ranged(0.8, *GAINS)
    max_delta: float = ranged(1.25, *GAINS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in stronger or paler colours."""
        factor = random.uniform(self.min_delta, self.max_delta)
        return replace(sample, image=colours.adjust_saturation(sample.image, factor))


DISTORTIONS: dict[str, Augmentation] = {
    "brightness": RandomAdjustBrightness(max_delta=32 / 255),
    "saturation": RandomAdjustSaturation(0.5, 1.5),
    "hue": RandomAdjustHue(0.2),
    "contrast": RandomAdjustContrast(0.5, 1.5),
}
ORDERS = (("brightness", "saturation", "hue", "contrast"), ("brightness", "contrast", "saturation", "hue"))
"""What `color_ordering` 0 and 1 stand for."""


@dataclass(frozen=True, slots=True)
class RandomDistortColor(Augmentation):
    """All four adjustments with fixed, wide ranges, in one of two orders."""

    color_ordering: int = ranged(0, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in strongly changed colours."""
        for name in ORDERS[self.color_ordering]:
            sample = DISTORTIONS[name](sample, random)
        return sample


@dataclass(frozen=True, slots=True)
class RandomRgbToGray(Augmentation):
    """Take the colours away with `probability`; the picture keeps three channels."""

    probability: float = ranged(0.1, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample, or its luma."""
        if random.random() > self.probability:
            return sample
        return replace(sample, image=colours.to_grey(sample.image))


@dataclass(frozen=True, slots=True)
class AdjustGamma(Augmentation):
    """Raise each value to the power `gamma` and multiply by `gain`, both on 0 to 1; nothing is random."""

    gamma: float = ranged(1.0, *GAINS)
    gain: float = ranged(1.0, *GAINS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample on another curve."""
        curved = np.power(sample.image / np.float32(255), np.float32(self.gamma))
        curved *= np.float32(self.gain * 255)
        return replace(sample, image=colours.cut(curved))


@dataclass(frozen=True, slots=True)
class RandomPixelValueScale(Augmentation):
    """Multiply each value by its own factor from `minval` to `maxval`."""

    minval: float = ranged(0.9, *GAINS)
    maxval: float = ranged(1.1, *GAINS)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with noise that grows with the light."""
        factors: Image = random.random(sample.image.shape, np.float32)
        factors *= np.float32(self.maxval - self.minval)
        factors += np.float32(self.minval)
        factors *= sample.image
        return replace(sample, image=colours.cut(factors))


@dataclass(frozen=True, slots=True)
class HsvJitter(Augmentation):
    """Add to hue, saturation and value up to so much of a turn or of the full range; each stays with even chance.

    Defaults: YOLOX (Ge et al., 2021, section 2.1, strong augmentation): 5 of 180, 30 and 30 of 255.
    """

    hue: float = ranged(5 / 180, 0, 0.5)
    saturation: float = ranged(30 / 255, 0, 1)
    value: float = ranged(30 / 255, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in other colours."""
        gains = random.uniform(-1, 1, 3) * random.integers(0, 2, 3)
        hue, saturation, value = (gains * (self.hue, self.saturation, self.value)).tolist()
        return replace(sample, image=colours.adjust_hsv(sample.image, hue, saturation, value))
