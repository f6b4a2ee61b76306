"""What is measured of a detector: `Judged`, one picture's truth beside what was found, and `Metrics`, the numbers.

Boxes stand in the convention of `Objects`: xyxy in pixels of the picture. Classes are positions in `Dataset.classes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.facts.dataset import Example, Objects


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One annotated picture and the N objects that a detector found in it, in any order.

    boxes: float64 (N, 4), xyxy in pixels. scores: float64 (N,). classes: int64 (N,), positions in `Dataset.classes`.
    keypoints: float64 (N, K, 2), x and y in pixels; None where the detector finds none.

    Raises `ValueError` when the lengths do not agree.
    """

    example: Example
    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    keypoints: npt.NDArray[np.float64] | None = None

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

    `kind` is `coco`, `coco-keypoints`, `voc`, `voc2007`, `oid` and the like; `title` its full name. `mean` is the one
    number that stands for all; `values` has it and the others. `by_class` maps each class's name to its numbers.
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
