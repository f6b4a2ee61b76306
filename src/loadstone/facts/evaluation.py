"""What is measured of a detector: `Judged`, one picture's truth beside what was found, and `Metrics`, the numbers.

Boxes stand in the convention of `Objects`: xyxy in pixels of the picture. Classes are positions in `Dataset.classes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt

    from loadstone.facts.dataset import Example, Objects
    from loadstone.facts.detections import ReadPixels

    ReadMask = Callable[[], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedMasks:
    """The masks of one picture in pycocotools' run lengths: of the N objects found and of the G annotated.

    without: bool (G,), objects that have none; their box stands for it.
    """

    found: tuple[Mapping[str, Any], ...]
    truth: tuple[Mapping[str, Any], ...]
    without: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One annotated picture and the N objects that a detector found in it, in any order.

    boxes: float64 (N, 4), xyxy in pixels. scores: float64 (N,). classes: int64 (N,), positions in `Dataset.classes`.
    keypoints: float64 (N, K, 2), x and y in pixels; None where the detector finds none. masks: None where they are not
    measured.

    Raises `ValueError` when the lengths do not agree.
    """

    example: Example
    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    keypoints: npt.NDArray[np.float64] | None = None
    masks: JudgedMasks | None = None

    def __post_init__(self) -> None:
        import numpy as np

        boxes = np.asarray(self.boxes, np.float64).reshape(-1, 4)
        scores, classes = np.asarray(self.scores, np.float64), np.asarray(self.classes, np.int64)
        points = len(boxes) if self.keypoints is None else len(self.keypoints)
        if not len(boxes) == len(scores) == len(classes) == points:
            raise ValueError(f"one of each is needed: {len(boxes)} boxes, {len(scores)} scores, {len(classes)} classes")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "classes", classes)

    @property
    def truth(self) -> Objects:
        """The annotated objects."""
        return self.example.objects


@dataclass(frozen=True, slots=True)
class Metrics:
    """One family of numbers, within 0..1, by the names under which the original API logs them.

    `kind` is `coco`, `coco-keypoints`, `coco-masks`, `voc`, `voc2007`, `oid` and the like; `title` its full name.
    `mean` is the one number that stands for all; `values` has it and the others. `by_class` maps each class's name to
    its numbers.
    A number is NaN where nothing is annotated that it could be measured on; COCO's own tools print -1 there.
    """

    kind: str
    title: str
    mean: float
    values: Mapping[str, float]
    by_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, null for what could not be measured."""
        return {
            "kind": self.kind,
            "title": self.title,
            "mean": plain(self.mean),
            "values": {name: plain(value) for name, value in self.values.items()},
            "by_class": {
                name: {key: plain(value) for key, value in row.items()} for name, row in self.by_class.items()
            },
        }


def plain(value: float) -> float | None:
    """Return a number to six decimals, None for NaN, which JSON has not."""
    return None if value != value else round(float(value), 6)


def distinct(classes: Sequence[str]) -> list[str]:
    """Return the names of classes, each once: a second class of a name is told from the first by its place."""
    return [f"{name} ({place})" if name in classes[:place] else name for place, name in enumerate(classes)]


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a class gives when detections below `score` are dropped: precision, recall and F1, within 0..1."""

    score: float
    precision: float
    recall: float
    f1: float

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        names = ("score", "precision", "recall", "f1")
        return {name: plain(getattr(self, name)) for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Precision against recall of one class at IoU 0.5: float64 (P,) each, after each detection, the best first.

    `objects` are those that count. `best` is the score with the best F1, None where there is nothing to find or found.
    """

    name: str
    scores: npt.NDArray[np.float64]
    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    objects: int
    best: Threshold | None


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """What was found where: int64 (C + 1, C + 1), a row for each class that is there, a column for each that was found.

    The last row is where nothing is annotated, the last column where nothing was found.
    """

    names: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values; the last name is that of the background."""
        return {"names": [*self.names, "background"], "counts": self.counts.tolist()}


MistakeKind = Literal["missed", "false", "wrong class", "badly placed", "twice"]
"""The kinds of TIDE (Bolya et al., 2020): missed, background, classification, localisation, duplicate."""

MISTAKES: tuple[MistakeKind, ...] = ("missed", "false", "wrong class", "badly placed", "twice")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """One mistake: the object that is there (`truth`, `truth_box`), what was said (`found`, `found_box`), or both.

    Boxes are xyxy in pixels. `score` is 0 for what was missed, `iou` 0 where only one box is there. `badness` orders
    the mistakes of one kind, the worst first. `pixels` gives the picture, None where it cannot be had; `truth_mask` and
    `found_mask` each object's own pixels, bool (H, W), None where masks were not measured or it has none.
    """

    kind: MistakeKind
    key: str
    truth: str = ""
    truth_box: Box | None = None
    found: str = ""
    found_box: Box | None = None
    score: float = 0.0
    iou: float = 0.0
    badness: float = 0.0
    pixels: ReadPixels | None = None
    truth_mask: ReadMask | None = None
    found_mask: ReadMask | None = None

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, boxes to a hundredth of a pixel."""
        boxes = [box and [round(side, 2) for side in box] for box in (self.truth_box, self.found_box)]
        return {
            "kind": self.kind,
            "picture": self.key,
            "truth": self.truth or None,
            "truth_box": boxes[0],
            "found": self.found or None,
            "found_box": boxes[1],
            "score": plain(self.score),
            "iou": plain(self.iou),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """How good a detector is on a dataset: what was run on what, and every number that came of it.

    `metrics` has a family of numbers each, the one that was asked for first before the others; `curves` one a class at
    IoU 0.5, the last of all classes together; `threshold` the score with the best F1 of all, None where nothing is
    right. `confusion` and `mistakes` (the worst of each kind; `mistake_counts` tells how many there are) are those at
    that score. `notes` are sentences about what was assumed, `skipped` about pictures that could not be had.
    `seconds` are those from the first picture to the last, without opening the model.
    """

    model: str
    data: str
    split: str
    pictures: int
    objects: int
    detections: int
    metrics: tuple[Metrics, ...]
    curves: tuple[Curve, ...]
    threshold: Threshold | None
    confusion: Confusion
    mistakes: tuple[Mistake, ...]
    mistake_counts: Mapping[MistakeKind, int]
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def mean(self) -> float:
        """The mean average precision of the first metrics, within 0..1; NaN where nothing is annotated."""
        return self.metrics[0].mean

    def __repr__(self) -> str:
        numbers = ", ".join(f"{one.title} {one.mean:.4f}" for one in self.metrics)
        return f"<Evaluation of {self.model} on {self.pictures:,} pictures of {self.data}: {numbers}>"

    def as_json(self) -> dict[str, Any]:
        """Return the record that `loadstone eval --json` prints: plain values, null for what could not be measured."""
        classes = {
            one.name: {"objects": one.objects, "best_threshold": one.best and one.best.as_json()} for one in self.curves
        }
        return {
            "schema_version": 1,
            "model": self.model,
            "data": self.data,
            "split": self.split,
            "pictures": self.pictures,
            "objects": self.objects,
            "detections": self.detections,
            "mean": plain(self.mean),
            "metrics": [one.as_json() for one in self.metrics],
            "threshold": self.threshold and self.threshold.as_json(),
            "classes": classes,
            "confusion": self.confusion.as_json(),
            "mistake_counts": dict(self.mistake_counts),
            "mistakes": [one.as_json() for one in self.mistakes],
            "notes": [*self.notes],
            "skipped": [*self.skipped],
            "seconds": round(self.seconds, 3),
        }

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write one page with numbers, curves, confusion and pictures of the worst mistakes; it needs no other file.

        Raises `SourceError` when it cannot be written.
        """
        from loadstone.report.evaluation_html import write_html

        write_html(self, path)

    def save_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each class and one for all; raises `SourceError` when it cannot be written."""
        from loadstone.report.evaluation_csv import write_csv

        write_csv(self, path)
