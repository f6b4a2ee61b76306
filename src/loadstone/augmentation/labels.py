"""Steps that change what a sample says and not its picture. Source: preprocessor.py of the Object Detection API.

Labels are those of the label map, from 1; a sample's classes count from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loadstone.augmentation.masks import framed, joined_masks
from loadstone.augmentation.objects import kept
from loadstone.augmentation.step import Augmentation, check_ranges, ranged
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

MODES = (
    *("DEFAULT", "EXPAND", "SHRINK", "EXPAND_SYMMETRIC", "SHRINK_SYMMETRIC"),
    *("EXPAND_SYMMETRIC_XY", "SHRINK_SYMMETRIC_XY"),
)
LABELS = (0, 1 << 31)
LEAST_SIDE = 1e-6
"""The original takes a box for no smaller, to divide by it."""


@dataclass(frozen=True, slots=True)
class RandomJitterBoxes(Augmentation):
    """Move each side of each box by up to half of `ratio` of the box's length, and cut at the picture's edge.

    `jitter_mode`: outwards alone (`EXPAND…`), inwards alone (`SHRINK…`), opposite sides alike (`…_SYMMETRIC`), or all
    sides alike (`…_XY`). Keypoints stay.
    """

    ratio: float = ranged(0.05, 0, 1)
    jitter_mode: str = "DEFAULT"

    def __post_init__(self) -> None:
        """Raise `FormatError` for a mode that preprocessor.proto does not have."""
        check_ranges(self)
        if self.jitter_mode not in MODES:
            raise FormatError("jitter_mode is none that is known", expected=" or ".join(MODES), found=self.jitter_mode)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with boxes moved."""
        mode = self.jitter_mode
        low = 0.0 if mode.startswith("EXPAND") else -self.ratio
        high = 0.0 if mode.startswith("SHRINK") else self.ratio
        symmetric = "SYMMETRIC" in mode
        factors = 1 + random.uniform(low, high, (len(sample.boxes), 2 if symmetric else 4))
        corners = sample.boxes.astype(np.float64)
        centre = (corners[:, :2] + corners[:, 2:]) / 2
        half = np.maximum(np.abs(corners[:, 2:] - corners[:, :2]), LEAST_SIDE) / 2
        if symmetric:
            factors = _symmetric(factors, centre, half, alike=mode.endswith("_XY"))
        boxes = np.concatenate([centre - half * factors[:, :2], centre + half * factors[:, 2:]], axis=1)
        return replace(sample, boxes=np.clip(boxes, 0, 1).astype(np.float32))


def _symmetric(
    factors: np.typing.NDArray[np.float64],
    centre: np.typing.NDArray[np.float64],
    half: np.typing.NDArray[np.float64],
    *,
    alike: bool,
) -> np.typing.NDArray[np.float64]:
    """Return factors (G, 4) that are the same for opposite sides and leave no box outside the picture."""
    most = np.abs(np.minimum(centre, 1 - centre) / half)
    if alike:
        factors, most = factors[:, :1], most.min(axis=1, keepdims=True)
    return np.tile(np.clip(factors, -most, most), 4 // most.shape[1])


@dataclass(frozen=True, slots=True)
class DropLabelProbabilistically(Augmentation):
    """Drop each object of one label with `drop_probability`."""

    label: int = ranged(0, *LABELS)
    drop_probability: float = ranged(1.0, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with fewer objects."""
        lucky = random.random(len(sample.classes)) > self.drop_probability
        return kept(sample, lucky | (sample.classes != self.label - 1))


@dataclass(frozen=True, slots=True)
class RemapLabels(Augmentation):
    """Give objects of `original_labels` the label `new_label`; nothing is random."""

    original_labels: tuple[int, ...] = ranged((), *LABELS)
    new_label: int = ranged(1, 1, LABELS[1])

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample with other classes."""
        change = np.isin(sample.classes, np.array(self.original_labels, np.int64) - 1)
        return replace(sample, classes=np.where(change, np.int64(self.new_label - 1), sample.classes))


@dataclass(frozen=True, slots=True)
class RandomSelfConcatImage(Augmentation):
    """Put the picture below itself, and beside itself, each with its probability; its objects are then there twice.

    Keypoints and masks are doubled too, which they are not in the original.
    """

    concat_vertical_probability: float = ranged(0.1, 0, 1)
    concat_horizontal_probability: float = ranged(0.1, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Return the sample once, twice or four times in one picture."""
        draws = random.random(2)
        for axis, probability in enumerate((self.concat_vertical_probability, self.concat_horizontal_probability)):
            if draws[axis] < probability:
                sample = _doubled(sample, axis)
        return sample


def _doubled(sample: Sample, axis: int) -> Sample:
    scale = np.array([0.5, 1] if axis == 0 else [1, 0.5], np.float32)
    shift = 1 - scale
    boxes, points = sample.boxes * np.tile(scale, 2), sample.keypoints
    if points is not None:
        points = np.concatenate([points * scale, points * scale + shift])
    image = np.concatenate([sample.image, sample.image], axis=axis)
    size, count = (image.shape[0], image.shape[1]), len(sample.boxes)
    windows = (
        ((0.0, 0.0, 2.0, 1.0), (-1.0, 0.0, 1.0, 1.0)) if axis == 0 else ((0.0, 0.0, 1.0, 2.0), (0.0, -1.0, 1.0, 1.0))
    )
    return replace(
        sample,
        image=image,
        boxes=np.concatenate([boxes, boxes + np.tile(shift, 2)]),
        classes=np.tile(sample.classes, 2),
        weights=np.tile(sample.weights, 2),
        keypoints=points,
        masks=joined_masks([(framed(sample.masks, size, window), count) for window in windows]),
    )
