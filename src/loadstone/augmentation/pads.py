"""Random borders round a picture, alone or after a crop. Source: preprocessor.py of the Object Detection API.

A pad's colour is RGB 0..255, one number for all three, or nothing for the picture's mean. No object is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadstone.augmentation.crops import SSD_RULES, SsdRandomCrop, check_operations, crop
from loadstone.augmentation.objects import Image, check_size, reframed
from loadstone.augmentation.step import Augmentation, check_ranges, ranged
from loadstone.augmentation.window import ASPECTS, Rule
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

MOST_SIDE = 1 << 14
RATIOS = (0.0, 16.0)

Size = tuple[int, int]


def padded(sample: Sample, size: Size, place: Size, colour: tuple[float, ...]) -> Sample:
    """Return the sample with its picture at `place` (row, column) of one of `size` (height, width).

    Raises `LimitError` for a size that is not made here.
    """
    height, width = sample.image.shape[:2]
    if size == (height, width):
        return sample
    check_size(*size, sample.key)
    top, left = place
    # One row in the colour, then rows: a fill of three numbers at a time takes ten times as long.
    row = np.broadcast_to(_colour(sample.image, colour), (size[1], 3)).copy()
    canvas: Image = np.empty((*size, 3), np.float32)
    canvas.reshape(size[0], -1)[:] = row.ravel()
    canvas[top : top + height, left : left + width] = sample.image
    frame = -top / height, -left / width, (size[0] - top) / height, (size[1] - left) / width
    return reframed(sample, canvas, frame)


def _colour(image: Image, colour: tuple[float, ...]) -> Image:
    if colour:
        return np.array(colour, np.float32)
    return np.asarray(image.sum(axis=0).sum(axis=0, dtype=np.float64) / (image.shape[0] * image.shape[1]), np.float32)


def pad_within(
    sample: Sample, least: Size, most: Size, colour: tuple[float, ...], random: np.random.Generator
) -> Sample:
    """Pad to a size drawn from `least` up to, not including, `most`, at a drawn place; never smaller than it is."""
    inside = sample.image.shape[0], sample.image.shape[1]
    sizes = [_drawn(max(least[axis], inside[axis]), max(most[axis], inside[axis]), random) for axis in (0, 1)]
    places = [int(random.integers(sizes[axis] - inside[axis])) if sizes[axis] > inside[axis] else 0 for axis in (0, 1)]
    return padded(sample, (sizes[0], sizes[1]), (places[0], places[1]), colour)


def _drawn(low: int, high: int, random: np.random.Generator) -> int:
    return int(random.integers(low, high)) if high > low else high


def check_colour(colour: tuple[float, ...]) -> None:
    """Raise `FormatError` for a colour that is neither one number nor three."""
    if len(colour) not in (0, 1, 3):
        raise FormatError("pad_color is no colour", expected="three numbers, or one", found=f"{len(colour)} numbers")


@dataclass(frozen=True, slots=True)
class RandomPadImage(Augmentation):
    """Put the picture at a random place of a larger one.

    Its sides are drawn from the `min…` (unset: the picture's own) up to the `max…` (unset: twice the picture's own).
    """

    min_image_height: int | None = ranged(None, 0, MOST_SIDE)
    min_image_width: int | None = ranged(None, 0, MOST_SIDE)
    max_image_height: int | None = ranged(None, 0, MOST_SIDE)
    max_image_width: int | None = ranged(None, 0, MOST_SIDE)
    pad_color: tuple[float, ...] = ranged((), 0, 255)

    def __post_init__(self) -> None:
        """Raise `FormatError` where only one side is given, or the colour is none."""
        check_ranges(self)
        check_colour(self.pad_color)
        for name, height, width in (
            ("min_image", self.min_image_height, self.min_image_width),
            ("max_image", self.max_image_height, self.max_image_width),
        ):
            if (height is None) != (width is None):
                raise FormatError(f"{name}_height and {name}_width come together", found="one of them")

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in a larger picture."""
        height, width = sample.image.shape[:2]
        least = self.min_image_height or 0, self.min_image_width or 0
        most = height * 2, width * 2
        if self.max_image_height is not None and self.max_image_width is not None:
            most = self.max_image_height, self.max_image_width
        return pad_within(sample, least, most, self.pad_color, random)


@dataclass(frozen=True, slots=True)
class RandomAbsolutePadImage(Augmentation):
    """Put the picture at a random place of one that is larger by less than so many pixels; unset: not larger."""

    max_height_padding: int = ranged(1, 0, MOST_SIDE)
    max_width_padding: int = ranged(1, 0, MOST_SIDE)
    pad_color: tuple[float, ...] = ranged((), 0, 255)

    def __post_init__(self) -> None:
        """Raise `FormatError` for a number out of its range, or a colour that is none."""
        check_ranges(self)
        check_colour(self.pad_color)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample in a larger picture."""
        height, width = sample.image.shape[:2]
        most = height + self.max_height_padding, width + self.max_width_padding
        return pad_within(sample, (height, width), most, self.pad_color, random)


@dataclass(frozen=True, slots=True)
class PadRule(Rule):
    """What a window has to keep to, and the size that it is padded to, as parts of the picture that was cropped.

    Keypoints go along, which they do not in the original.
    """

    min_padded_size_ratio: tuple[float, float] = ranged((1.0, 1.0), *RATIOS)
    max_padded_size_ratio: tuple[float, float] = ranged((2.0, 2.0), *RATIOS)
    pad_color: tuple[float, ...] = ranged((), 0, 255)

    def __post_init__(self) -> None:
        """Raise `FormatError` for ratios that are not two, or a colour that is none."""
        check_ranges(self)
        check_colour(self.pad_color)
        check_ratios(self.min_padded_size_ratio, self.max_padded_size_ratio)


def check_ratios(*ratios: tuple[float, ...]) -> None:
    """Raise `FormatError` for ratios that are not of a height and a width."""
    for ratio in ratios:
        if len(ratio) != 2:
            fact = "a padded_size_ratio is not for height and width"
            raise FormatError(fact, expected="two numbers", found=str(ratio))


def crop_and_pad(sample: Sample, rule: PadRule, random: np.random.Generator) -> Sample:
    """Crop, then pad to a size that is reckoned from the whole picture."""
    height, width = sample.image.shape[:2]
    least, most = (
        (int(height * ratio[0]), int(width * ratio[1]))
        for ratio in (rule.min_padded_size_ratio, rule.max_padded_size_ratio)
    )
    return pad_within(crop(sample, rule, random), least, most, rule.pad_color, random)


@dataclass(frozen=True, slots=True)
class RandomCropPadImage(PadRule, Augmentation):
    """Crop a random window, then pad it; its fields are those of `PadRule`."""

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample in a larger picture."""
        return crop_and_pad(sample, self, random)


PAD_RULES = tuple(
    PadRule(part, 0.5, 2.0, overlap_thresh=part, random_coef=0.15) for part in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
)


@dataclass(frozen=True, slots=True)
class SsdRandomCropPad(Augmentation):
    """Crop and pad by one of several rules, each as likely; those of the SSD paper unless others are given."""

    operations: tuple[PadRule, ...] = PAD_RULES

    def __post_init__(self) -> None:
        """Raise `FormatError` for no rule, or too many."""
        check_operations(self.operations)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample in a larger picture."""
        return crop_and_pad(sample, self.operations[random.integers(len(self.operations))], random)


@dataclass(frozen=True, slots=True)
class SsdRandomCropPadFixedAspectRatio(Augmentation):
    """Crop as the SSD paper does, then fill with black, right and below, to an aspect ratio.

    The size is drawn so that no side is less than its `min…` or more than its `max…` part of the window, unless the
    aspect ratio leaves no other choice.
    """

    operations: tuple[Rule, ...] = SSD_RULES
    aspect_ratio: float = ranged(1.0, *ASPECTS)
    min_padded_size_ratio: tuple[float, float] = ranged((1.0, 1.0), *RATIOS)
    max_padded_size_ratio: tuple[float, float] = ranged((2.0, 2.0), *RATIOS)

    def __post_init__(self) -> None:
        """Raise `FormatError` for a number out of its range."""
        check_ranges(self)
        check_operations(self.operations)
        check_ratios(self.min_padded_size_ratio, self.max_padded_size_ratio)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample in a larger picture."""
        sample = SsdRandomCrop(self.operations)(sample, random)
        height, width = sample.image.shape[:2]
        # The smallest picture of the aspect ratio that the window fits in; what is drawn is a multiple of it.
        target = max(height, width / self.aspect_ratio), max(width, height * self.aspect_ratio)
        low, high = (
            [max(ratio[axis] * (height, width)[axis], target[axis]) / target[axis] for axis in (0, 1)]
            for ratio in (self.min_padded_size_ratio, self.max_padded_size_ratio)
        )
        scale = random.uniform(min(min(high), max(low)), min(high))
        size = max(round(scale * target[0]), height), max(round(scale * target[1]), width)
        return padded(sample, size, (0, 0), (0.0,))
