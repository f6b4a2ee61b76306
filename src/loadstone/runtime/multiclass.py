"""Suppression of all classes at once, as the Object Detection API's `multiclass_non_max_suppression` does it.

The original suppresses every class by itself and keeps the best of all; its graph does so in thousands of operations.
Here candidates of all classes are taken in the order of their scores, and a box suppresses only its own class, which
gives the same boxes after looking at the best few thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.nms import suppress_classes
from loadstone.runtime.raw import Raw, RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

FIRST_LOOK = 1000
"""Candidates of the first look; nearly always enough for the usual hundred detections."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The original's settings: a score must be greater than `score`; `most` detections, `most_each` of a class.

    `clip_first`: whether boxes are cut to the picture before suppression (as until 2018) or after it.
    `background`: whether the first column of scores is no class.
    """

    score: float
    iou: float
    most: int
    most_each: int
    clip_first: bool
    background: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def multiclass_reading(options: Mapping[str, Any]) -> Callable[[Sequence[Array], int, int], Raw]:
    """Return the reading: `options` has the outputs' positions `boxes` and `scores`, and the `rule`."""
    rule = Rule(**options["rule"])
    boxes_at, scores_at = options["boxes"], options["scores"]

    def read(outputs: Sequence[Array], height: int, width: int) -> Raw:
        boxes = outputs[boxes_at].reshape(-1, 4)
        scores = outputs[scores_at].reshape(len(boxes), -1)[:, 1 if rule.background else 0 :]
        chosen, values, classes = detections(boxes, scores, rule)
        scaled = chosen[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        return RawDetections(scaled, values, classes + 1)

    return read


def detections(boxes: Array, scores: Array, rule: Rule) -> tuple[Array, Array, Array]:
    """Return (boxes yxyx, scores, classes from 0) of boxes `(N, 4)` normalised and scores `(N, classes)`."""
    for rows, classes, is_all in looks(scores, rule.score):
        values, chosen = scores[rows, classes], boxes[rows]
        if rule.clip_first:
            chosen, values, classes = clipped(chosen, values, classes)
        kept = suppress_classes(chosen, values, classes, iou=rule.iou, most_each=rule.most_each, most=rule.most)
        if is_all or len(kept) == rule.most:
            break
    return clipped(chosen[kept], values[kept], classes[kept])


def looks(scores: Array, threshold: float) -> Iterator[tuple[Array, Array, bool]]:
    """Yield (row, class, whether these are all) of the best candidates, sorted, each time more of them."""
    best = scores.max(axis=1, initial=0)
    count = FIRST_LOOK
    while True:
        bound = np.partition(best, -count)[-count] if count < len(best) else np.float32(0)
        is_all = bool(bound <= threshold)
        # No fewer than `count` scores reach the `count`-th best anchor's best.
        rows, classes = np.nonzero(scores > threshold if is_all else scores >= bound)
        order = np.lexsort((rows, classes, -scores[rows, classes]))
        yield rows[order], classes[order], is_all
        count *= 8


def clipped(boxes: Array, scores: Array, classes: Array) -> tuple[Array, Array, Array]:
    """Cut boxes to the picture, and leave out those of which nothing is left."""
    cut = np.clip(boxes, 0, 1)
    real = np.flatnonzero((cut[:, 2] - cut[:, 0]) * (cut[:, 3] - cut[:, 1]) > 0)
    return cut[real], scores[real], classes[real]
