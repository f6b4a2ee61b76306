"""Random crops that look after the objects. Source: preprocessor.py of the Object Detection API.

A crop is a view of the picture. Its objects: those that do not reach into the window go, then those of which less than
`overlap_thresh` of their own area is inside; the others become fractions of the window and are cut at its edge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from loadstone.augmentation.objects import clipped, covered, kept, overlapping, reframed
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.augmentation.window import ASPECTS, Pixels, Rule, draw_window
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

MOST_OPERATIONS = 100

PAPER = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
"""Parts of an object that a window has to cover, each as likely: Liu et al., SSD, 2016, section 2.2."""

PAPER_RULE = partial(Rule, min_aspect_ratio=0.5, max_aspect_ratio=2.0, random_coef=0.15)
SSD_RULES = tuple(PAPER_RULE(min_object_covered=part, overlap_thresh=part) for part in PAPER)


def cropped(sample: Sample, window: Pixels, rule: Rule, *, prune: bool = True) -> Sample:
    """Return what the window shows. Without `prune`, an object outside stays if `overlap_thresh` is 0."""
    height, width = sample.image.shape[:2]
    top, left, bottom, right = window
    frame = top / height, left / width, bottom / height, right / width
    # A box without area is covered by NaN, which is not at least anything.
    stays = covered(sample.boxes, frame) >= rule.overlap_thresh
    if prune:
        stays &= overlapping(sample.boxes, frame)
    result = reframed(kept(sample, stays), sample.image[top:bottom, left:right], frame)
    return clipped(result) if rule.clip_boxes else result


def crop(sample: Sample, rule: Rule, random: np.random.Generator) -> Sample:
    """Return a window of the sample that keeps to the rule, or the sample with probability `random_coef`."""
    if rule.random_coef and random.random() <= rule.random_coef:
        return sample
    height, width = sample.image.shape[:2]
    return cropped(sample, draw_window(height, width, sample.boxes, rule, random), rule)


@dataclass(frozen=True, slots=True)
class RandomCropImage(Rule, Augmentation):
    """Crop a random window; its fields are those of `Rule`."""

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample."""
        return crop(sample, self, random)


@dataclass(frozen=True, slots=True)
class SsdRandomCrop(Augmentation):
    """Crop by one of several rules, each as likely; those of the SSD paper unless others are given."""

    operations: tuple[Rule, ...] = SSD_RULES

    def __post_init__(self) -> None:
        """Raise `FormatError` for no rule, or too many."""
        check_operations(self.operations)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample."""
        return crop(sample, self.operations[random.integers(len(self.operations))], random)


@dataclass(frozen=True, slots=True)
class RandomCropToAspectRatio(Augmentation):
    """Crop the largest window of an aspect ratio (width by height), at a random place."""

    aspect_ratio: float = ranged(1.0, *ASPECTS)
    overlap_thresh: float = ranged(0.3, 0, 1)
    clip_boxes: bool = True

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample."""
        height, width = sample.image.shape[:2]
        rows, columns = height, width
        if width / height < self.aspect_ratio:
            rows = max(round(width / self.aspect_ratio), 1)
        elif width / height > self.aspect_ratio:
            columns = max(round(height * self.aspect_ratio), 1)
        top, left = (int(random.integers(room + 1)) for room in (height - rows, width - columns))
        rule = Rule(overlap_thresh=self.overlap_thresh, clip_boxes=self.clip_boxes)
        return cropped(sample, (top, left, top + rows, left + columns), rule, prune=False)


@dataclass(frozen=True, slots=True)
class SsdRandomCropFixedAspectRatio(Augmentation):
    """Crop as the SSD paper does but to one aspect ratio, which a second crop makes exact.

    The aspect ratios of `operations` are not read. The second crop drops objects by its own 0.3, as the original's.
    """

    operations: tuple[Rule, ...] = SSD_RULES
    aspect_ratio: float = ranged(1.0, *ASPECTS)

    def __post_init__(self) -> None:
        """Raise `FormatError` for no rule, or too many, or an impossible aspect ratio."""
        check_operations(self.operations)
        Augmentation.__post_init__(self)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return a window of the sample."""
        rule = self.operations[random.integers(len(self.operations))]
        fixed = replace(rule, min_aspect_ratio=self.aspect_ratio, max_aspect_ratio=self.aspect_ratio)
        return RandomCropToAspectRatio(self.aspect_ratio)(crop(sample, fixed, random), random)


def check_operations(operations: tuple[object, ...]) -> None:
    """Raise `FormatError` for a list of rules that nothing can be drawn from."""
    if not 0 < len(operations) <= MOST_OPERATIONS:
        expected = f"1 to {MOST_OPERATIONS}"
        raise FormatError("operations are too few or too many", expected=expected, found=str(len(operations)))
