"""Which ground truth an anchor answers for, and what its head is to say: the originals' argmax matching and targets.

Boxes are float32 (…, 4), corners `ymin, xmin, ymax, xmax`, anchors and ground truth in the same units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

NEGATIVE = -1
IGNORED = -2
EPSILON = np.float32(1e-8)
"""What the original adds to each side before it divides or takes logarithms."""


def iou(first: Floats, second: Floats) -> Floats:
    """Return intersection over union of each pair, float32 (N, M) of boxes (N, 4) and (M, 4); 0 where none meet.

    Row by row, so that what is computed stays in the processor's cache.
    """
    if len(first) > len(second):
        return iou(second, first).T
    top, left, bottom, right = np.ascontiguousarray(second.T)
    areas = _area(second)
    overlap = np.zeros((len(first), len(second)), np.float32)
    for box, area, row in zip(first, _area(first), overlap, strict=True):
        height = np.minimum(bottom, box[2]) - np.maximum(top, box[0])
        width = np.minimum(right, box[3]) - np.maximum(left, box[1])
        inside = np.maximum(height, np.float32(0)) * np.maximum(width, np.float32(0))
        np.divide(inside, area + areas - inside, out=row, where=inside > 0)
    return overlap


def _area(boxes: Floats) -> Floats:
    area: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return area


def match(
    truth: Floats,
    anchors: Floats,
    *,
    weights: Floats | None = None,
    matched: float = 0.5,
    unmatched: float = 0.5,
    force: bool = True,
    negatives_lower: bool = True,
) -> Integers:
    """`argmax_matcher`: return for each anchor its ground truth's row, `NEGATIVE` or `IGNORED`; int64 (anchors,).

    An anchor takes the ground truth that it overlaps most (the first of equals) where that is `matched` or more, is
    negative below `unmatched`, and ignored between (the other way round with `negatives_lower=False`). With `force`
    every ground truth of weight above 0 also takes the anchor that overlaps it most, whatever the overlap; of several
    that want one anchor the first gets it.
    """
    if not len(truth):
        return np.full(len(anchors), NEGATIVE, np.int64)
    overlap = iou(truth, anchors)
    best = overlap.argmax(axis=0)
    value = overlap.max(axis=0)
    below, between = (NEGATIVE, IGNORED) if negatives_lower else (IGNORED, NEGATIVE)
    rows = np.where(value >= np.float32(matched), best, between)
    rows = np.where(value < np.float32(unmatched), below, rows)
    if force:
        for row in reversed(range(len(truth))):
            if weights is None or weights[row] > 0:
                rows[overlap[row].argmax()] = row
    return rows.astype(np.int64)


def encode(
    boxes: Floats, anchors: Floats, scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)
) -> Floats:
    """`faster_rcnn_box_coder`: return boxes relative to their anchors, float32 (N, 4): ty, tx, th, tw."""
    height, width, centre_y, centre_x = _centred(boxes)
    anchor_height, anchor_width, anchor_y, anchor_x = _centred(anchors)
    parts = (
        (centre_y - anchor_y) / anchor_height,
        (centre_x - anchor_x) / anchor_width,
        np.log(height / anchor_height),
        np.log(width / anchor_width),
    )
    return (np.stack(parts, axis=1) * np.asarray(scales, np.float32)).astype(np.float32)


def _centred(boxes: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return (height, width, centre y, centre x), the sides widened by `EPSILON` as the original does."""
    height, width = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    half = np.float32(0.5)
    centre_y: Floats = boxes[:, 0] + height * half
    centre_x: Floats = boxes[:, 1] + width * half
    return _float32(height + EPSILON), _float32(width + EPSILON), centre_y, centre_x


def _float32(values: npt.ArrayLike) -> Floats:
    return np.asarray(values, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What each anchor is to say, and how much that counts.

    match: int64 (N,), see `match`. columns: int32 (N,), the column of the class head that is to be 1, -1 where none is;
    there are `width` of them. class_weights: float32 (N,), 0 for ignored anchors. boxes: float32 (N, 4), box codes, 0
    but for positives. box_weights: float32 (N,), 0 but for positives.
    """

    match: Integers
    columns: npt.NDArray[np.int32]
    width: int
    class_weights: Floats
    boxes: Floats
    box_weights: Floats

    @property
    def positives(self) -> Integers:
        """Rows of the anchors that answer for a ground truth."""
        return np.flatnonzero(self.match >= 0)

    @property
    def classes(self) -> Floats:
        """The class head's targets written out, float32 (N, width)."""
        return np.asarray(self.columns[:, None] == np.arange(self.width), np.float32)


def assign(
    truth: Floats,
    classes: Integers,
    weights: Floats,
    anchors: Floats,
    *,
    num_classes: int,
    background: bool,
    scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0),
    matched: float = 0.5,
    unmatched: float = 0.5,
    force: bool = True,
    negatives_lower: bool = True,
    negative_class_weight: float = 1.0,
    background_as_zeros: bool = True,
) -> Targets:
    """`TargetAssigner`: return the targets of one picture.

    truth: (G, 4); classes: (G,), from 0; weights: (G,), a ground truth of weight 0 matches but does not count.
    `background` puts a background column before the classes; its target is 0 also for negatives where
    `background_as_zeros` (every zoo configuration), else 1 for them.
    """
    rows = match(
        truth,
        anchors,
        weights=weights,
        matched=matched,
        unmatched=unmatched,
        force=force,
        negatives_lower=negatives_lower,
    )
    positive = np.flatnonzero(rows >= 0)
    answered = rows[positive]
    columns = np.full(len(anchors), 0 if background and not background_as_zeros else -1, np.int32)
    columns[positive] = classes[answered] + int(background)
    class_weights = np.where(rows == NEGATIVE, np.float32(negative_class_weight), np.float32(0)).astype(np.float32)
    box_weights = np.zeros(len(anchors), np.float32)
    codes = np.zeros((len(anchors), 4), np.float32)
    if len(positive):
        class_weights[positive] = box_weights[positive] = weights[answered]
        codes[positive] = encode(truth[answered], anchors[positive], scales)
    return Targets(rows, columns, num_classes + int(background), class_weights, codes, box_weights)
