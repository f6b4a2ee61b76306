"""The Object Detection API's SSD post-processing: decode, score, suppress per class, keep the best; in NumPy.

The original looks at every anchor and class. Here only the best few hundred anchors are looked at, with the same result
to the last box: suppression is greedy by score, so what scores below a threshold cannot change what is kept above it,
and the threshold is lowered until enough is kept.
Source: object_detection/core/post_processing.py (multiclass_non_max_suppression), box_coders/faster_rcnn_box_coder.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.nms import suppress, suppress_classes
from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]

FIRST_ANCHORS = 512
"""Anchors looked at first; five times the hundred detections that are kept by default."""


@dataclass(frozen=True, slots=True)
class SsdOptions:
    """What `Suppression` and `BoxCoder` of the blueprint say, as plain numbers (see there).

    `clip_first` is only for pictures that are not padded, as all were where it was done.
    """

    score_threshold: float
    iou_threshold: float
    max_per_class: int
    max_total: int
    converter: str
    logit_scale: float
    background: bool
    box_scales: tuple[float, float, float, float]
    clip_first: bool = False
    class_agnostic: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """Boxes yxyx relative to the picture, clipped to it; scores; class ids from 0 without background; anchor rows."""

    boxes: Floats
    scores: Floats
    classes: Indices
    anchors: Indices

    def at(self, rows: Indices | slice) -> Kept:
        """Return these rows."""
        return Kept(self.boxes[rows], self.scores[rows], self.classes[rows], self.anchors[rows])


def decode(encodings: Floats, anchors: Floats, scales: Sequence[float]) -> Floats:
    """Return corners yxyx of encodings (ty, tx, th, tw) against anchors yxyx; both `(N, 4)`."""
    height, width = anchors[:, 2] - anchors[:, 0], anchors[:, 3] - anchors[:, 1]
    centre_y, centre_x = anchors[:, 0] + height * np.float32(0.5), anchors[:, 1] + width * np.float32(0.5)
    ty, tx, th, tw = (encodings[:, at] / np.float32(scales[at]) for at in range(4))
    # A huge encoding makes a box without end (of an anchor without area: no box), as in the original.
    with np.errstate(over="ignore", invalid="ignore"):
        half_height = np.exp(th) * height / np.float32(2)
        half_width = np.exp(tw) * width / np.float32(2)
    y, x = ty * height + centre_y, tx * width + centre_x
    return np.stack([y - half_height, x - half_width, y + half_height, x + half_width], axis=1)


def post_process(
    encodings: Floats, logits: Floats, anchors: Floats, options: SsdOptions, window: tuple[float, float] = (1.0, 1.0)
) -> Kept:
    """Return what the original returns for one picture, best first.

    `encodings` `(N, 4)`, `logits` `(N, slots)`, `anchors` `(N, 4)`; `window` is the (height, width) of the picture
    itself within a padded one, both 1 where nothing was padded.
    """
    order = comparable(logits, options)[:, 1 if options.background else 0 :]
    best = order.max(axis=1)
    count = FIRST_ANCHORS
    while True:
        every = count >= len(best)
        least = -np.inf if every else np.partition(best, len(best) - count)[len(best) - count]
        rows = np.flatnonzero(best >= least)
        above = order[rows] >= least
        if options.class_agnostic:
            above &= _best_alone(order[rows])
        found = _candidates(encodings, logits, anchors, options, rows=rows, above=above)
        kept = _suppressed(found, options, window)
        if every or len(kept.scores) >= options.max_total:
            return kept
        count *= 8


def _candidates(
    encodings: Floats,
    logits: Floats,
    anchors: Floats,
    options: SsdOptions,
    *,
    rows: Indices,
    above: npt.NDArray[np.bool_],
) -> Kept:
    """Decode the boxes of the anchors `rows`, one for each class where `above`, by row and class, says so."""
    places, classes = np.nonzero(above)
    scores = scores_of(logits[rows], options.converter, options.logit_scale)
    scores = (scores[:, 1:] if options.background else scores)[places, classes]
    enough = scores > options.score_threshold
    places, classes, scores = places[enough], classes[enough], scores[enough]
    found = Kept(decode(encodings[rows], anchors[rows], options.box_scales)[places], scores, classes, rows[places])
    return in_frame(found, (1.0, 1.0)) if options.clip_first else found


def _suppressed(found: Kept, options: SsdOptions, window: tuple[float, float]) -> Kept:
    if options.class_agnostic:
        most = options.max_total
        return in_frame(found.at(suppress(found.boxes, found.scores, iou=options.iou_threshold, most=most)), window)
    limits = {"most_each": options.max_per_class, "most": options.max_total}
    return best_of_classes(found, window, iou=options.iou_threshold, **limits)


def _best_alone(order: Floats) -> npt.NDArray[np.bool_]:
    """Return a table (N, classes) of truth values: where each row's highest value is, the first of equal ones."""
    return np.asarray(np.arange(order.shape[1]) == order.argmax(axis=1)[:, None], np.bool_)


def best_of_classes(found: Kept, window: tuple[float, float], *, iou: float, most_each: int, most: int) -> Kept:
    """Return what stays of decoded candidates within the window, best first, each class suppressed by itself.

    A box outside the window suppresses others before it is dropped, and takes no place among the `most`.
    """
    asked = most
    while True:
        order = suppress_classes(found.boxes, found.scores, found.classes, iou=iou, most_each=most_each, most=asked)
        kept = in_frame(found.at(order), window)
        if len(kept.scores) >= most or len(order) < asked:
            return kept.at(slice(most))
        asked *= 2


def scores_of(logits: Floats, converter: str, logit_scale: float = 1.0) -> Floats:
    """Convert rows of logits to scores (`score_converter` of post_processing.proto)."""
    scaled = logits / np.float32(logit_scale)
    if converter == "SIGMOID":
        # The score of a logit below -88 is 0, whose reciprocal float32 does not hold.
        with np.errstate(over="ignore"):
            scaled = 1 / (1 + np.exp(-scaled))
    elif converter == "SOFTMAX":
        scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        scaled = scaled / scaled.sum(axis=1, keepdims=True)
    return scaled


def comparable(logits: Floats, options: SsdOptions) -> Floats:
    """Return logits whose order is that of the scores: a soft maximum's depend on their whole row."""
    if options.converter != "SOFTMAX":
        return logits
    scaled = logits / np.float32(options.logit_scale)
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)), np.float32)


def in_frame(kept: Kept, window: tuple[float, float]) -> Kept:
    """Clip to the window, drop what has no area there, and make boxes relative to the window.

    The original multiplies by reciprocals: the last bit decides which samples a mask's crop has at the map's edge.
    """
    inside = clipped(kept, window)
    share = np.float32(1) / np.array([*window, *window], np.float32)
    return Kept(np.asarray(inside.boxes * share, np.float32), inside.scores, inside.classes, inside.anchors)


def clipped(found: Kept, window: tuple[float, float]) -> Kept:
    """Clip to the window's (height, width), and drop what has no area there."""
    boxes = np.clip(found.boxes, 0, np.array([*window, *window], np.float32))
    real = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    return Kept(boxes, found.scores, found.classes, found.anchors).at(real)


def ssd_detections(options: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> Callable[..., RawDetections]:
    """Return the reading of a rebuilt SSD. `options`: `settings` (the fields of `SsdOptions`), `boxes` and `classes`
    (positions of the outputs), and `fit` (the smaller and larger side of a padding resizer) or None.
    """
    settings = SsdOptions(**{**options["settings"], "box_scales": tuple(options["settings"]["box_scales"])})
    anchors = arrays["anchors"]
    boxes_at, classes_at, fit = options["boxes"], options["classes"], options["fit"]

    def read(outputs: Sequence[npt.NDArray[Any]], height: int, width: int) -> RawDetections:
        window = _window(height, width, fit) if fit else (1.0, 1.0)
        kept = post_process(outputs[boxes_at][0], outputs[classes_at][0], anchors, settings, window)
        corners = kept.boxes[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        return RawDetections(corners, kept.scores, kept.classes + 1)

    return read


def _window(height: int, width: int, fit: Sequence[int]) -> tuple[float, float]:
    """Return the picture's (height, width) within the padded square, as the resizer computes it."""
    sides = fitted(height, width, fit)
    return float(sides[0] / np.float32(fit[1])), float(sides[1] / np.float32(fit[1]))


def fitted(height: int, width: int, fit: Sequence[int]) -> tuple[np.float32, np.float32]:
    """Return the (height, width) in whole pixels, one at least, that a padding resizer gives before it pads."""
    box = fit if height < width else fit[::-1]
    scale = min(np.float32(box[0]) / np.float32(height), np.float32(box[1]) / np.float32(width))
    least = np.float32(1)
    return max(np.rint(scale * np.float32(height)), least), max(np.rint(scale * np.float32(width)), least)
