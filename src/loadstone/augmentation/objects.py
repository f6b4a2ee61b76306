"""What happens to boxes, classes, weights, keypoints and masks when the picture that they are fractions of changes.

Boxes are float32 (G, 4), ymin, xmin, ymax, xmax; a window is four numbers in the same order and unit.
Source: box_list_ops.py and keypoint_ops.py of the Object Detection API.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from loadstone.augmentation.masks import framed, kept_masks
from loadstone.errors import LimitError
from loadstone.facts.dataset import Sample

Boxes = npt.NDArray[np.float32]
Image = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Window = tuple[float, float, float, float]

MOST_PIXELS = 1 << 26
"""No augmentation makes a larger picture (8,192 × 8,192); as float32 that is 800 MB."""

WHOLE: Window = (0.0, 0.0, 1.0, 1.0)


def check_size(height: int, width: int, where: str) -> None:
    """Raise `LimitError` where a picture would be larger than is made here; `where` is the sample's key."""
    if height * width > MOST_PIXELS:
        fact = "an augmentation would make the picture too large"
        expected, found = f"at most {MOST_PIXELS:,} pixels", f"{height:,} × {width:,}"
        raise LimitError(fact, where=where, expected=expected, found=found)


def kept(sample: Sample, rows: Mask) -> Sample:
    """Return the sample with those objects alone."""
    if rows.all():
        return sample
    points = None if sample.keypoints is None else sample.keypoints[rows]
    return replace(
        sample,
        boxes=sample.boxes[rows],
        classes=sample.classes[rows],
        weights=sample.weights[rows],
        keypoints=points,
        masks=kept_masks(sample.masks, rows),
    )


def reframed(sample: Sample, image: Image, window: Window) -> Sample:
    """Return the sample whose picture is now `image`, which shows `window` (fractions of the old one).

    Boxes and keypoints become fractions of the new picture; nothing but masks is clipped, nothing dropped.
    """
    corner = np.array(window[:2], np.float32)
    scale = np.array([1 / (window[2] - window[0]), 1 / (window[3] - window[1])], np.float32)
    boxes = (sample.boxes - np.tile(corner, 2)) * np.tile(scale, 2)
    points = None if sample.keypoints is None else (sample.keypoints - corner) * scale
    masks = framed(sample.masks, (image.shape[0], image.shape[1]), window)
    return replace(sample, image=image, boxes=boxes, keypoints=points, masks=masks)


def clipped(sample: Sample) -> Sample:
    """Return the sample with boxes cut at the picture's edges; keypoints outside the picture become NaN."""
    points = sample.keypoints
    if points is not None:
        inside = ((points >= 0) & (points <= 1)).all(axis=2, keepdims=True)
        points = np.where(inside, points, np.float32(np.nan))
    return replace(sample, boxes=np.clip(sample.boxes, 0, 1), keypoints=points)


def overlapping(boxes: Boxes, window: Window = WHOLE) -> Mask:
    """Tell which boxes reach into the window; one that only touches its edge does not."""
    top, left, bottom, right = window
    ymin, xmin, ymax, xmax = boxes.T
    return np.asarray((ymin < bottom) & (xmin < right) & (ymax > top) & (xmax > left))


def covered(boxes: Boxes, window: Window) -> npt.NDArray[np.float32]:
    """Return which part of each box's own area lies in the window; NaN for a box without area."""
    top, left, bottom, right = window
    ymin, xmin, ymax, xmax = boxes.T
    height = np.clip(np.minimum(ymax, bottom) - np.maximum(ymin, top), 0, None)
    width = np.clip(np.minimum(xmax, right) - np.maximum(xmin, left), 0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(height * width / ((ymax - ymin) * (xmax - xmin)), np.float32)
