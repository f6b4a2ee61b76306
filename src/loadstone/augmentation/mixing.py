"""Several pictures in one: mosaic and mixup, with the objects of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.affine import GREY
from loadstone.augmentation.masks import joined_masks
from loadstone.augmentation.objects import WHOLE, Image, clipped, covered, kept, overlapping, reframed
from loadstone.augmentation.step import Mixing, More, ranged
from loadstone.detectors.interpolate import bilinear
from loadstone.facts.dataset import Sample

CENTRES = (0.5, 1.5)
"""Where the four pictures of a mosaic meet, as parts of the detector's side: Ge et al., YOLOX, 2021."""


@dataclass(frozen=True, slots=True)
class Mosaic(Mixing):
    """With `probability`, lay the picture and three others round a random point and cut a square out of them.

    Bochkovskiy et al., YOLOv4, 2020: each picture is scaled to fit a square of `size`, one lies at each corner of the
    point, and the whole, two such squares wide, is scaled by a factor from `scale_min` to `scale_max` and shifted by up
    to `translate` of the square; only what is seen is computed. Objects of which less than `min_visible` is left go.
    """

    size: int = ranged(640, 1, 8192)
    probability: float = ranged(1.0, 0, 1)
    scale_min: float = ranged(0.5, 0.01, 16)
    scale_max: float = ranged(1.5, 0.01, 16)
    translate: float = ranged(0.1, 0, 1)
    min_visible: float = ranged(0.2, 0, 1)
    fill: int = ranged(GREY, 0, 255)

    def mix(self, sample: Sample, random: np.random.Generator, more: More) -> Sample:
        """Return a square sample of four."""
        if random.random() >= self.probability:
            return sample
        samples = [sample, *(more(random) for _ in range(3))]
        scale = random.uniform(self.scale_min, self.scale_max)
        meeting = random.uniform(*CENTRES, 2) * self.size
        shift = random.uniform(-self.translate, self.translate, 2) * self.size
        # The middle of the whole, two squares wide, is the middle of the square that is cut out, but for the shift.
        row, column = np.rint((meeting - self.size) * scale + self.size / 2 + shift).astype(np.int64).tolist()
        canvas: Image = np.full((self.size, self.size, 3), self.fill, np.float32)
        laid = []
        for number, one in enumerate(samples):
            longer = max(one.image.shape[:2])
            rows, columns = (max(round(side * scale * self.size / longer), 1) for side in one.image.shape[:2])
            top = row if number in (2, 3) else row - rows
            left = column if number in (1, 3) else column - columns
            laid.append(lay(one, canvas, (rows, columns), (top, left), self.min_visible))
        return joined(laid, canvas)


@dataclass(frozen=True, slots=True)
class MixUp(Mixing):
    """With `probability`, blend the picture with another, scaled to fit it and by a drawn factor, at a drawn place.

    Zhang et al., 2019, as in YOLOX: the picture counts for `share`, and the objects of both stay.
    """

    probability: float = ranged(1.0, 0, 1)
    share: float = ranged(0.5, 0, 1)
    scale_min: float = ranged(0.5, 0.01, 16)
    scale_max: float = ranged(1.5, 0.01, 16)
    min_visible: float = ranged(0.2, 0, 1)
    fill: int = ranged(GREY, 0, 255)

    def mix(self, sample: Sample, random: np.random.Generator, more: More) -> Sample:
        """Return the sample with another one shining through."""
        if random.random() >= self.probability:
            return sample
        other = more(random)
        height, width = sample.image.shape[:2]
        fit = min(height / other.image.shape[0], width / other.image.shape[1])
        fit *= random.uniform(self.scale_min, self.scale_max)
        rows, columns = (max(round(side * fit), 1) for side in other.image.shape[:2])
        # A smaller picture lies anywhere inside, a larger one anywhere over it.
        top, left = (int(random.integers(min(room, 0), max(room, 0) + 1)) for room in (height - rows, width - columns))
        canvas: Image = np.full(sample.image.shape, self.fill, np.float32)
        laid = lay(other, canvas, (rows, columns), (top, left), self.min_visible)
        canvas -= sample.image
        canvas *= np.float32(1 - self.share)
        canvas += sample.image
        return joined([sample, laid], np.clip(canvas, 0, 255, out=canvas))


def lay(sample: Sample, canvas: Image, size: tuple[int, int], place: tuple[int, int], least: float) -> Sample:
    """Draw a picture of `size` at `place` (row, column) into the canvas; return what the canvas then has of the sample.

    Both may lie outside in part or wholly. Objects of which less than `least` is inside go.
    """
    (rows, columns), (top, left) = size, place
    height, width = canvas.shape[:2]
    window = max(-top, 0), max(-left, 0), min(height - top, rows), min(width - left, columns)
    if window[0] < window[2] and window[1] < window[3]:
        part = bilinear(sample.image, rows, columns, window=window)
        canvas[top + window[0] : top + window[2], left + window[1] : left + window[3]] = part
    frame = -top / rows, -left / columns, (height - top) / rows, (width - left) / columns
    moved = reframed(sample, canvas, frame)
    return clipped(kept(moved, overlapping(moved.boxes) & (covered(moved.boxes, WHOLE) >= least)))


def joined(samples: Sequence[Sample], image: Image) -> Sample:
    """Return one sample with the objects of all; who has no keypoints or masks, where others have, gets none."""
    return replace(
        samples[0],
        image=image,
        boxes=np.concatenate([one.boxes for one in samples]),
        classes=np.concatenate([one.classes for one in samples]),
        weights=np.concatenate([one.weights for one in samples]),
        keypoints=_joined_points(samples),
        masks=joined_masks([(one.masks, len(one.boxes)) for one in samples]),
    )


def _joined_points(samples: Sequence[Sample]) -> npt.NDArray[np.float32] | None:
    counts = [one.keypoints.shape[1] for one in samples if one.keypoints is not None]
    if not counts:
        return None
    parts = []
    for one in samples:
        missing = np.full((len(one.boxes), counts[0], 2), np.nan, np.float32)
        parts.append(missing if one.keypoints is None else one.keypoints)
    return np.concatenate(parts)
