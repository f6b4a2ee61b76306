"""Raw outputs of single-shot detectors: locations and scores for each anchor, decoded and suppressed here.

The coder is that of the SSD paper (Liu et al. 2016, section 2.2): an offset of the centre in anchor sides and the
logarithm of the side, each times a variance. Anchors are `(N, 4)`: centre x, centre y, width, height, normalised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError
from loadstone.runtime.nms import suppress
from loadstone.runtime.raw import Raw, RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

EXPONENT_CAP = 80.0
"""exp of it is 5e34, which float32 still holds times any picture's side."""


def decode(locations: Floats, anchors: Floats, variances: Sequence[float]) -> Floats:
    """Return corners xyxy `(N, 4)`, normalised, of locations `(N, 4)` against anchors."""
    steps = locations * np.array(variances, np.float32)
    centre = steps[:, :2] * anchors[:, 2:] + anchors[:, :2]
    half = np.exp(np.minimum(steps[:, 2:], EXPONENT_CAP)) * anchors[:, 2:] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def ssd_reading(
    options: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> Callable[[Sequence[npt.NDArray[Any]], int, int], Raw]:
    """Return the reading. `options`: `boxes`, `scores` (positions of the outputs), `variances`, `background` (whether
    class 0 is none), `score`, `iou` (thresholds), `before`, `most` (boxes before and after suppression), and
    `each_class`: whether an anchor may be several classes, or its best one only.
    """
    anchors: Floats = arrays["anchors"]
    boxes_at, scores_at = options["boxes"], options["scores"]
    first = 1 if options["background"] else 0

    def read(outputs: Sequence[npt.NDArray[Any]], height: int, width: int) -> Raw:
        scores = outputs[scores_at].reshape(len(anchors), -1)[:, first:]
        rows, classes = candidates(scores, options["score"], each=options["each_class"])
        if not options["each_class"]:
            # All compete with all, so none but the best are looked at: the rest need no box.
            best = np.argsort(-scores[rows, classes], kind="stable")[: options["before"]]
            rows, classes = rows[best], classes[best]
        locations = outputs[boxes_at].reshape(-1, 4)[rows]
        boxes = decode(locations, anchors[rows], options["variances"])
        boxes *= np.array([width, height, width, height], np.float32)
        values = scores[rows, classes]
        kept = by_class(boxes, values, classes, options=options)
        return RawDetections(boxes[kept], values[kept], classes[kept] + first)

    return read


def candidates(scores: Floats, threshold: float, *, each: bool) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (anchor, class) of every score above the threshold; only each anchor's best class unless `each`."""
    if each:
        rows, classes = np.nonzero(scores > threshold)
        return rows, classes
    best = scores.argmax(axis=1)
    rows = np.flatnonzero(scores.max(axis=1, initial=0) > threshold)
    return rows, best[rows]


def by_class(
    boxes: Floats, scores: Floats, classes: npt.NDArray[np.int64], *, options: Mapping[str, Any]
) -> npt.NDArray[np.int64]:
    """Suppress within each class (or across all, where an anchor has one class); the kept rows, best first."""
    groups = np.unique(classes) if options["each_class"] else [None]
    kept = [np.zeros(0, np.int64)]
    for group in groups:
        rows = np.arange(len(scores)) if group is None else np.flatnonzero(classes == group)
        rows = rows[np.argsort(-scores[rows], kind="stable")[: options["before"]]]
        kept.append(rows[suppress(boxes[rows], scores[rows], iou=options["iou"], most=options["before"])])
    found = np.concatenate(kept)
    return found[np.argsort(-scores[found], kind="stable")[: options["most"]]]


def grid(columns: int, rows: int, centres: tuple[Floats, Floats], sides: Sequence[tuple[float, float]]) -> Floats:
    """Return the anchors of one feature map, row by row, at each cell every (width, height) of `sides`."""
    if len(centres[0]) != columns or len(centres[1]) != rows:
        raise FormatError("the anchors' centres do not fit the feature map")
    x, y = np.meshgrid(*centres)
    cells = [np.stack([x, y, np.full_like(x, width), np.full_like(y, height)], axis=-1) for width, height in sides]
    return np.stack(cells, axis=2).reshape(-1, 4).astype(np.float32)
