"""What a Faster R-CNN computes between and after its networks: proposals, where to sample them, final boxes; in NumPy.

Boxes are yxyx in pixels of the resized, padded picture. As in `ssd_reading`, only the best candidates are looked at,
more of them until enough is kept, with the same result to the last box.
Source: object_detection/meta_architectures/faster_rcnn_meta_arch.py, utils/spatial_transform_ops.py, utils/ops.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.runtime.families.ssd_reading import Kept, best_of_classes, clipped, decode, scores_of
from loadstone.runtime.nms import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from loadstone.blueprint.faster_rcnn_parts import Crops

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]

Window = tuple[float, float]
"""(height, width) in pixels of the picture itself within the padded one."""

CANDIDATES_PER_KEPT = 16
"""Candidates looked at first for each box that is to be kept."""

UNIT_SIDE = 224.0
"""The side at which a box belongs to the level before the coarsest but one (Lin et al., 2017, equation 1)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One greedy suppression: strict thresholds, at most so many a class and in all; what makes scores of logits.

    `clip_first`: see `Suppression`.
    """

    score_threshold: float
    iou_threshold: float
    max_per_class: int
    max_total: int
    converter: str
    logit_scale: float = 1.0
    clip_first: bool = False


def least_of_best(scores: Floats, count: int) -> float:
    """Return the score that the best `count` have at least; minus infinity where there are no more than those."""
    values = scores.reshape(-1)
    if count >= len(values):
        return -np.inf
    return float(np.partition(values, len(values) - count)[len(values) - count])


def proposals(
    encodings: Floats, objectness: Floats, anchors: Floats, *, choice: Choice, scales: Sequence[float], window: Window
) -> Floats:
    """Return the first stage's proposals (M, 4), best first, clipped to the window; those without area are gone.

    `encodings` (N, 4), `objectness` (N, 2) with column 1 for an object, `anchors` (N, 4).
    """
    scores = scores_of(objectness, choice.converter)[:, 1]
    count = CANDIDATES_PER_KEPT * choice.max_total
    while True:
        least = least_of_best(scores, count)
        rows = np.flatnonzero((scores >= least) & (scores > choice.score_threshold))
        found = Kept(decode(encodings[rows], anchors[rows], scales), scores[rows], np.zeros_like(rows), rows)
        found = clipped(found, window) if choice.clip_first else found
        kept = suppress(found.boxes, found.scores, iou=choice.iou_threshold, most=choice.max_total)
        if least == -np.inf or len(kept) >= choice.max_total:
            break
        count *= 8
    return clipped(found.at(kept), window).boxes


def detections(
    encodings: Floats, logits: Floats, boxes: Floats, *, choice: Choice, scales: Sequence[float], window: Window
) -> Kept:
    """Return the second stage's boxes relative to the window, best first.

    `encodings` (M, 4) where all classes share a box, else (M, 4 · classes); `logits` (M, 1 + classes), background
    first; `boxes` are the M proposals.
    """
    each = encodings.reshape(len(encodings), -1, 4)
    scores = scores_of(logits, choice.converter, choice.logit_scale)[:, 1:]
    count = CANDIDATES_PER_KEPT * choice.max_total
    while True:
        least = least_of_best(scores, count)
        places, classes = np.nonzero((scores >= least) & (scores > choice.score_threshold))
        chosen = scores[places, classes]
        decoded = decode(each[places, classes if each.shape[1] > 1 else 0], boxes[places], scales)
        limits = {"most_each": choice.max_per_class, "most": choice.max_total}
        found = Kept(decoded, chosen, classes, places)
        found = clipped(found, window) if choice.clip_first else found
        kept = best_of_classes(found, window, iou=choice.iou_threshold, **limits)
        if least == -np.inf or len(kept.scores) >= choice.max_total:
            return kept
        count *= 8


def levels(boxes: Floats, count: int, size: tuple[int, int]) -> Indices:
    """Return each box's map, 0 for the finest of `count`; boxes are relative to the padded picture of this size."""
    if count == 1:
        return np.zeros(len(boxes), np.int64)
    sides = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    ratio = np.sqrt(np.float32(size[0] * size[1])) / np.float32(UNIT_SIDE)
    with np.errstate(divide="ignore"):
        octaves = np.floor(np.log(sides * ratio) / np.log(np.float32(2)))
    found: Indices = np.clip(octaves + (count - 2), 0, count - 1).astype(np.int64)
    return found


def regions(boxes: Floats, sides: tuple[int, int], samples: int) -> Floats:
    """Return the regions xyxy, in places of a map, whose cells' centres are the points that "crop and resize" samples.

    `boxes` are relative to the padded picture, `sides` is the map's (height, width). The first and last samples lie on
    the box's edges, so a region is half a cell larger on every side.
    """
    last = np.array([sides[0] - 1, sides[1] - 1], np.float32)
    cells = (boxes[:, 2:] - boxes[:, :2]) * last / np.float32(samples - 1)
    begin = boxes[:, :2] * last - cells / np.float32(2)
    end = begin + cells * np.float32(samples)
    return np.ascontiguousarray(np.concatenate([begin[:, ::-1], end[:, ::-1]], axis=1))


def inside(boxes: Floats, sides: tuple[int, int], samples: int) -> Floats:
    """Return (M, 1, samples, samples): 1 for each sample, 0 for one that rounding puts beyond the map's edge.

    float32 in the order of tensorflow/core/kernels/image/crop_and_resize_op.cc, which decides what is beyond.
    """
    last = np.array([sides[0] - 1, sides[1] - 1], np.float32)
    steps = (boxes[:, 2:] - boxes[:, :2]) * last / np.float32(samples - 1)
    places = (boxes[:, :2] * last)[:, None] + np.arange(samples, dtype=np.float32)[None, :, None] * steps[:, None]
    within = ((places >= 0) & (places <= last)).astype(np.float32)
    return within[:, None, :, None, 0] * within[:, None, None, :, 1]


def sampled(features: Floats, rois: Floats, within: Floats, crops: Crops) -> Floats:
    """Sample a map (height, width, channels) and pool, as the second stage's network does inside itself.

    `rois` and `within` are those of `regions` and `inside`; returns (M, side, side, channels).
    """
    height, width = features.shape[:2]
    steps = (np.arange(crops.size, dtype=np.float32) + np.float32(0.5)) / np.float32(crops.size)
    x = np.clip(rois[:, :1] + (rois[:, 2:3] - rois[:, :1]) * steps, 0, width - 1)
    y = np.clip(rois[:, 1:2] + (rois[:, 3:] - rois[:, 1:2]) * steps, 0, height - 1)
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[:, None, :, None], (y - top)[:, :, None, None]
    upper = _lerp(features[top[:, :, None], left[:, None]], features[top[:, :, None], right[:, None]], across)
    lower = _lerp(features[bottom[:, :, None], left[:, None]], features[bottom[:, :, None], right[:, None]], across)
    return pooled(_lerp(upper, lower, down) * within.transpose(0, 2, 3, 1), crops.pool_window, crops.pool_stride)


def _lerp(first: Floats, second: Floats, share: Floats) -> Floats:
    return np.asarray(first + (second - first) * share, np.float32)


def pooled(maps: Floats, window: int, stride: int) -> Floats:
    """Return the "valid" maximum pooling of (M, height, width, channels)."""
    if window == 1 and stride == 1:
        return maps
    around = np.lib.stride_tricks.sliding_window_view(maps, (window, window), axis=(1, 2))
    return np.ascontiguousarray(around[:, ::stride, ::stride].max(axis=(-2, -1)))
