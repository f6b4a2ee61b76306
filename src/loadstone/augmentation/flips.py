"""Flips and quarter turns, which are views of the picture. Source: preprocessor.py of the Object Detection API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.masks import mirrored, turned
from loadstone.augmentation.step import Augmentation, ranged
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RandomHorizontalFlip(Augmentation):
    """Mirror left and right with `probability`: x becomes 1 - x.

    `keypoint_flip_permutation` says which keypoint of the old order stands at each place of the new one, so that a left
    eye is still the left one; where samples have keypoints it has to be given (the order as it is, if so meant).
    """

    keypoint_flip_permutation: tuple[int, ...] = ranged((), 0, 1 << 16)
    probability: float = ranged(0.5, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Raise `FormatError` for keypoints that the permutation does not fit."""
        points = _permuted(sample, self.keypoint_flip_permutation, "random_horizontal_flip")
        if random.random() >= self.probability:
            return sample
        boxes = sample.boxes.copy()
        boxes[:, 1], boxes[:, 3] = 1 - sample.boxes[:, 3], 1 - sample.boxes[:, 1]
        if points is not None:
            points[..., 1] = 1 - points[..., 1]
        masks = mirrored(sample.masks, axis=1)
        return replace(sample, image=sample.image[:, ::-1], boxes=boxes, keypoints=points, masks=masks)


@dataclass(frozen=True, slots=True)
class RandomVerticalFlip(Augmentation):
    """Turn upside down with `probability`: y becomes 1 - y. The permutation is as for the horizontal flip."""

    keypoint_flip_permutation: tuple[int, ...] = ranged((), 0, 1 << 16)
    probability: float = ranged(0.5, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Raise `FormatError` for keypoints that the permutation does not fit."""
        points = _permuted(sample, self.keypoint_flip_permutation, "random_vertical_flip")
        if random.random() >= self.probability:
            return sample
        boxes = sample.boxes.copy()
        boxes[:, 0], boxes[:, 2] = 1 - sample.boxes[:, 2], 1 - sample.boxes[:, 0]
        if points is not None:
            points[..., 0] = 1 - points[..., 0]
        masks = mirrored(sample.masks, axis=0)
        return replace(sample, image=sample.image[::-1], boxes=boxes, keypoints=points, masks=masks)


@dataclass(frozen=True, slots=True)
class RandomRotation90(Augmentation):
    """Turn a quarter counter-clockwise with `probability`: (y, x) becomes (1 - x, y).

    `keypoint_rot_permutation` may be left out: a turned left eye is a left eye.
    """

    keypoint_rot_permutation: tuple[int, ...] = ranged((), 0, 1 << 16)
    probability: float = ranged(0.5, 0, 1)

    def __call__(self, sample: Sample, random: np.random.Generator) -> Sample:
        """Raise `FormatError` for keypoints that a given permutation does not fit."""
        points = sample.keypoints
        if self.keypoint_rot_permutation:
            points = _permuted(sample, self.keypoint_rot_permutation, "random_rotation90")
        if random.random() >= self.probability:
            return sample
        ymin, xmin, ymax, xmax = sample.boxes.T
        boxes = np.stack([1 - xmax, ymin, 1 - xmin, ymax], axis=1)
        if points is not None:
            points = np.stack([1 - points[..., 1], points[..., 0]], axis=-1)
        masks = turned(sample.masks)
        return replace(sample, image=np.rot90(sample.image), boxes=boxes, keypoints=points, masks=masks)


def flip_order(names: Sequence[str]) -> tuple[int, ...]:
    """Return the permutation that mirroring means for keypoints of these names: `left…` and `right…` change places.

    A name without a partner stays. Nothing for no names.
    """
    places = {name.lower(): number for number, name in enumerate(names)}
    return tuple(places.get(_other_side(name.lower()), number) for number, name in enumerate(names))


def with_flip_order(steps: Iterable[Augmentation], order: tuple[int, ...]) -> tuple[Augmentation, ...]:
    """Return the steps, with the permutation in every flip that has none."""
    return tuple(
        replace(step, keypoint_flip_permutation=order)
        if isinstance(step, RandomHorizontalFlip | RandomVerticalFlip) and not step.keypoint_flip_permutation
        else step
        for step in steps
    )


def _other_side(name: str) -> str:
    return name.replace("left", "right") if "left" in name else name.replace("right", "left")


def _permuted(sample: Sample, order: tuple[int, ...], step: str) -> Points | None:
    """Return a copy of the keypoints in the order after the flip; None where there are none."""
    if sample.keypoints is None:
        return None
    count = sample.keypoints.shape[1]
    if sorted(order) != list(range(count)):
        raise FormatError(
            f"{step} does not know where the {count} keypoints of a sample go",
            where=sample.key,
            expected=f"a permutation of 0 to {count - 1}",
            found=str(list(order)) if order else "none",
            help="write keypoint_flip_permutation, or leave the keypoints out where the detector finds none",
        )
    return sample.keypoints[:, list(order)]
