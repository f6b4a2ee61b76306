"""AutoAugment for detection: one of a policy's short sequences of operations, drawn for each picture.

Source: autoaugment_utils.py of the Object Detection API. The picture becomes bytes; what moves takes the nearest pixel
and leaves grey behind. Other than there, boxes follow to fractions of a pixel (there to whole ones), objects that have
left the picture go (there a box of a twentieth stays at the edge), and keypoints follow too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.affine import Matrix, about, in_bytes, shearing, shifting, turning, warped
from loadstone.augmentation.pixels import (
    Bytes,
    auto_contrast,
    brightness,
    color,
    contrast,
    cutout,
    equalize,
    posterize,
    sharpness,
    solarize,
    solarize_add,
)
from loadstone.augmentation.policies import POLICIES
from loadstone.augmentation.step import Augmentation
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample

Random = np.random.Generator
Placing = Callable[[float, int, int], Matrix]
"""Amount, height and width → where points go."""

FILL = 128
ONLY_BOXES = 3.0
"""Operations on single boxes have their probability divided by so much, since they meet every box."""

PICTURES: Mapping[str, Callable[[Bytes, int, Random], Bytes]] = {
    "AutoContrast": lambda image, level, random: auto_contrast(image),
    "Equalize": lambda image, level, random: equalize(image),
    "Posterize": lambda image, level, random: posterize(image, level * 4 // 10),
    "Solarize": lambda image, level, random: solarize(image, level * 256 // 10),
    "SolarizeAdd": lambda image, level, random: solarize_add(image, level * 11),
    "Color": lambda image, level, random: color(image, level * 0.18 + 0.1),
    "Contrast": lambda image, level, random: contrast(image, level * 0.18 + 0.1),
    "Brightness": lambda image, level, random: brightness(image, level * 0.18 + 0.1),
    "Sharpness": lambda image, level, random: sharpness(image, level * 0.18 + 0.1),
    "Cutout": lambda image, level, random: cutout(image, level * 10, random, FILL),
    "Flip": lambda image, level, random: image[:, ::-1],
}
"""What changes a picture, or what is in one box, and no place in it; levels are of 10."""

CUTOUT_IN_BOX = 5
"""Pixels of a cutout within one box for each level; twice that in the whole picture."""

MOVES: Mapping[str, tuple[float, Placing]] = {
    "Rotate": (3.0, lambda amount, height, width: about(turning(amount), width / 2, height / 2)),
    "ShearX": (0.03, lambda amount, height, width: shearing(-amount, 0)),
    "ShearY": (0.03, lambda amount, height, width: shearing(0, -amount)),
    "TranslateX": (25.0, lambda amount, height, width: shifting(-amount, 0)),
    "TranslateY": (25.0, lambda amount, height, width: shifting(0, -amount)),
}
"""What moves pixels → its amount for each level (degrees, slope, pixels) and its transformation; the sign is drawn."""

SHIFT_IN_BOX = 12.0
"""Pixels of a shift within one box for each level."""


@dataclass(frozen=True, slots=True)
class AutoAugmentImage(Augmentation):
    """Apply a drawn sequence of a policy: v0 (the paper's), v1, v2, v3, or test."""

    policy_name: str = "v0"

    takes_masks: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Raise `FormatError` for a policy that is not known."""
        if self.policy_name not in POLICIES:
            expected = " or ".join(POLICIES)
            raise FormatError("policy_name is none that is known", expected=expected, found=self.policy_name)

    def __call__(self, sample: Sample, random: Random) -> Sample:
        """Return the sample after the operations, its values whole numbers."""
        policy = POLICIES[self.policy_name]
        sample = replace(sample, image=in_bytes(sample.image).astype(np.float32))
        for name, probability, level in policy[random.integers(len(policy))]:
            sample = apply(sample, name, probability=probability, level=level, random=random)
        return sample


def apply(sample: Sample, name: str, *, probability: float, level: int, random: Random) -> Sample:
    """Return the sample after one operation, which happens with `probability`, for boxes alone to each by itself."""
    kind, _, target = name.partition("_")
    if target == "Only_BBoxes":
        return _in_boxes(sample, kind, probability=probability / ONLY_BOXES, level=level, random=random)
    if random.random() + probability < 1:
        return sample
    if kind == "BBox":
        return _cut_out_of_a_box(sample, level * 0.075, random)
    if kind in MOVES:
        unit, placing = MOVES[kind]
        amount = _signed(level * unit, random)
        return warped(sample, placing(amount, *sample.image.shape[:2]), fill=FILL, smooth=False)
    changed = PICTURES[kind](in_bytes(sample.image), level, random)
    return replace(sample, image=changed.astype(np.float32))


def _signed(amount: float, random: Random) -> float:
    return amount if random.random() < 0.5 else -amount


def _in_boxes(sample: Sample, kind: str, *, probability: float, level: int, random: Random) -> Sample:
    """Change what is in each box, in a drawn order, with `probability` each; boxes stay. All move one way."""
    image = sample.image.copy()
    unit = SHIFT_IN_BOX if kind.startswith("Translate") else MOVES[kind][0] if kind in MOVES else 0.0
    amount = _signed(level * unit, random)
    for box in random.permutation(sample.boxes):
        part = _pixels(box, image)
        if random.random() + probability < 1 or not image[part].size:
            continue
        if kind in MOVES:
            image[part] = _moved(image[part], MOVES[kind][1], amount)
        elif kind == "Cutout":
            image[part] = cutout(in_bytes(image[part]), level * CUTOUT_IN_BOX, random, FILL)
        else:
            image[part] = PICTURES[kind](in_bytes(image[part]), level, random)
    return replace(sample, image=image)


def _moved(part: npt.NDArray[np.float32], placing: Placing, amount: float) -> npt.NDArray[np.float32]:
    none = np.zeros(0, np.float32)
    inside = Sample("", part, none.reshape(0, 4), none.astype(np.int64), none)
    return warped(inside, placing(amount, *part.shape[:2]), fill=FILL, smooth=False).image


def _pixels(box: npt.NDArray[np.float32], image: npt.NDArray[np.float32]) -> tuple[slice, slice]:
    """Return the rows and columns of a box, the ones at its far edges included."""
    height, width = image.shape[:2]
    top, left, bottom, right = (np.clip(box, 0, 1) * (height, width, height, width)).astype(int).tolist()
    return slice(top, min(bottom + 1, height)), slice(left, min(right + 1, width))


def _cut_out_of_a_box(sample: Sample, fraction: float, random: Random) -> Sample:
    """Grey a rectangle of a part of one drawn box's sides, about a drawn point in it."""
    if not len(sample.boxes):
        return sample
    rows, columns = _pixels(sample.boxes[random.integers(len(sample.boxes))], sample.image)
    image = sample.image.copy()
    spans = []
    for side in (rows, columns):
        length = max(side.stop - side.start, 1)
        centre, half = int(random.integers(side.start, side.start + length)), int(fraction * length / 2)
        spans.append(slice(max(centre - half, 0), centre + half))
    image[tuple(spans)] = FILL
    return replace(sample, image=image)
