"""COCO's matching of boxes, or masks, from arrays: what `COCOeval.evaluate` of pycocotools leaves for its `accumulate`.

pycocotools itself walks every class of every picture at each of four sizes, as rows of dictionaries, and compares each
detection there with each object at each of ten overlaps, which takes as long as a quick detector. Most classes are not
in a picture and most detections overlap nothing; here only what overlaps something by the least overlap is walked.
The overlaps and the curves stay pycocotools' own, and a test holds that the numbers are the same to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.facts.evaluation import Judged

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]
    Truths = npt.NDArray[np.bool_]
    Near = list[tuple[int, list[tuple[int, float]]]]

ALMOST_ONE = 1 - 1e-10
"""pycocotools takes no threshold to be more than this, so that equal boxes overlap by enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """What is compared of one picture: of N detections and G objects, as pycocotools' `mask.iou` takes it.

    areas: float64 (N,), the detections' own, in square pixels. neutral: bool (G,), objects that take any number.
    """

    found: npt.NDArray[Any]
    truth: npt.NDArray[Any]
    areas: Reals
    neutral: Truths


def box_shapes(one: Judged) -> Shapes:
    """Return the boxes of one picture."""
    boxes = xywh(one.boxes)
    return Shapes(boxes, xywh(one.truth.boxes), boxes[:, 2] * boxes[:, 3], one.truth.crowd)


def entries(
    judged: Sequence[Judged],
    classes: int,
    params: Any,
    overlap: Any,
    shapes: Callable[[Judged], Shapes] = box_shapes,
) -> list[dict[str, Any] | None]:
    """Return an entry for each class, range of sizes and picture, in that order; None where a class is not there.

    `params` are pycocotools' `Params`, `overlap` its `mask.iou`.
    """
    sizes, pictures = len(params.areaRng), len(judged)
    every: list[dict[str, Any] | None] = [None] * (classes * sizes * pictures)
    for number, one in enumerate(judged):
        picture = _Picture(one, shapes(one), params, overlap)
        for class_ in picture.present():
            for size, entry in enumerate(picture.entries(class_)):
                every[(class_ * sizes + size) * pictures + number] = entry
    return every


class _Picture:
    """One picture: its detections by class, best first, and its objects by class, in the file's order.

    takes: int64 (sizes, thresholds, N), the object that each detection takes, counted from 1, 0 for none. left_out:
    bool, of the same shape, detections that do not count. ignored: bool (sizes, G), objects that do not.
    """

    def __init__(self, one: Judged, shapes: Shapes, params: Any, overlap: Any) -> None:
        rows = np.flatnonzero(one.classes >= 0)
        rows = rows[np.lexsort((-one.scores[rows], one.classes[rows]))]
        objects = np.flatnonzero(one.truth.classes >= 0)
        objects = objects[np.argsort(one.truth.classes[objects], kind="stable")]
        self.found, self.there = one.classes[rows], one.truth.classes[objects]
        self.scores, self.most = one.scores[rows], params.maxDets[-1]
        crowd, ranges = shapes.neutral[objects], np.array(params.areaRng, np.float64)
        self.ignored = crowd | _beyond(object_areas(one)[objects], ranges)
        found, truth = _taken(shapes.found, rows), _taken(shapes.truth, objects)
        near: Near = []
        if len(found) and len(truth):
            near = self._near(overlap(found, truth, crowd.astype(np.uint8)), params.iouThrs[0])
        shape = (len(ranges), len(params.iouThrs), len(rows))
        self.takes, self.left_out = np.zeros(shape, np.int64), np.zeros(shape, bool)
        if near:
            thresholds = [min(threshold, ALMOST_ONE) for threshold in params.iouThrs.tolist()]
            for size, ignored in enumerate(self.ignored.tolist()):
                self._match(size, near, ignored, crowd.tolist(), thresholds)
        self.left_out |= (self.takes == 0) & _beyond(shapes.areas[rows], ranges)[:, None]

    def _near(self, overlaps: Reals, least: float) -> Near:
        """Return each detection that overlaps an object of its class by enough, with those objects and how much."""
        within = np.arange(len(self.found)) - np.searchsorted(self.found, self.found)
        reaches = (overlaps >= least) & (self.found[:, None] == self.there) & (within < self.most)[:, None]
        pairs: dict[int, list[tuple[int, float]]] = {}
        rows, objects = np.nonzero(reaches)
        for row, at, value in zip(rows.tolist(), objects.tolist(), overlaps[reaches].tolist(), strict=True):
            pairs.setdefault(row, []).append((at, value))
        return [*pairs.items()]

    def _match(self, size: int, near: Near, ignored: list[bool], crowd: list[bool], thresholds: list[float]) -> None:
        """Fill in who takes what at one range of sizes: the best score chooses first, a crowd can be taken again."""
        rows = [(row, sorted(candidates, key=lambda one: ignored[one[0]])) for row, candidates in near]
        for number, threshold in enumerate(thresholds):
            taken: set[int] = set()
            for row, candidates in rows:
                at = _best(candidates, taken, ignored, threshold)
                if at >= 0:
                    self.takes[size, number, row], self.left_out[size, number, row] = at + 1, ignored[at]
                    if not crowd[at]:
                        taken.add(at)

    def present(self) -> list[int]:
        """Return the classes that are annotated or found."""
        return sorted({*self.found.tolist(), *self.there.tolist()})

    def entries(self, class_: int) -> list[dict[str, Any]]:
        """Return what `COCOeval.accumulate` reads of one class, for each range of sizes."""
        first, last = np.searchsorted(self.found, (class_, class_ + 1)).tolist()
        begin, end = np.searchsorted(self.there, (class_, class_ + 1)).tolist()
        rows, objects = slice(first, min(last, first + self.most)), slice(begin, end)
        scores = self.scores[rows]
        return [
            {
                "dtScores": scores,
                "dtMatches": self.takes[size, :, rows],
                "dtIgnore": self.left_out[size, :, rows],
                "gtIgnore": ignored[objects],
            }
            for size, ignored in enumerate(self.ignored)
        ]


def _taken(shapes: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> Any:
    """Return the shapes at these rows; pycocotools takes boxes as an array and run lengths as a list."""
    return shapes[rows].tolist() if shapes.dtype == object else shapes[rows]


def _best(candidates: list[tuple[int, float]], taken: set[int], ignored: list[bool], least: float) -> int:
    """Return the object that a detection overlaps most and nobody has taken, the last of equal ones, -1 for none.

    Those that are ignored stand last, and one is taken only where none of the others is.
    """
    best = -1
    for at, overlap in candidates:
        if overlap < least or at in taken:
            continue
        if best >= 0 and ignored[at] and not ignored[best]:
            break
        best, least = at, overlap
    return best


def _beyond(areas: Reals, ranges: Reals) -> Truths:
    """Return (sizes, N): whether an area lies outside each (low, high)."""
    outside: Truths = (areas < ranges[:, :1]) | (areas > ranges[:, 1:])
    return outside


def xywh(boxes: Reals) -> Reals:
    """Return boxes as COCO writes them: left, top, width, height."""
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def object_areas(one: Judged) -> Reals:
    """Return the objects' own areas in square pixels (G,), those of their boxes where the file says none."""
    sides = one.truth.boxes[:, 2:] - one.truth.boxes[:, :2]
    boxes: Reals = sides[:, 0] * sides[:, 1]
    return boxes if one.truth.areas is None else np.where(np.isnan(one.truth.areas), boxes, one.truth.areas)
