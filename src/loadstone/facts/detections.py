"""What was found in one picture: `Detections` for a detector, `Classification` for a classifier.

One form inside, whatever the model wrote: boxes are xyxy in pixels of the original picture, upright as a person sees it
(EXIF orientation applied). Other forms are computed at the edges, by name. Drawing and tables are the report's work and
are imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    import numpy as np
    import numpy.typing as npt
    import PIL.Image

ReadPixels = Callable[[], "npt.NDArray[np.uint8]"]
"""Gives the picture's pixels again, uint8 (height, width, 3) RGB; it may read a file, and may raise `SourceError`."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object: `box` is (x1, y1, x2, y2) in pixels, `score` lies within 0..1, `class_id` is the model's own."""

    box: tuple[float, float, float, float]
    score: float
    class_id: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Objects found in one picture, best score first.

    boxes: float32 (N, 4), xyxy in pixels of the original picture, x to the right and y down from the upper left corner.
    scores: float32 (N,), within 0..1.
    class_ids: int64 (N,), the model's own ids.
    names: N names, from the label map, the metadata or `--labels`; `class 7` where nothing names class 7.
    image: the picture as it was named. width, height: its size in pixels.
    pixels: gives the picture again for drawing; None where it cannot be had.
    masks: float32 (N, height, width), within 0..1, each stretched over its own box; None where the model makes none.
    keypoints: float32 (N, K, 2), x and y in pixels; keypoint_scores: float32 (N, K), within 0..1, 0 where an object has
        no such point; both None where the model finds none.

    Iterating gives a `Detection` each; an index gives one `Detection`; a slice, a mask or a list of rows gives
    `Detections` with those rows. Raises `ValueError` when the lengths do not agree.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    class_ids: npt.NDArray[np.int64]
    names: tuple[str, ...]
    image: str
    width: int
    height: int
    pixels: ReadPixels | None = None
    masks: npt.NDArray[np.float32] | None = None
    keypoints: npt.NDArray[np.float32] | None = None
    keypoint_scores: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        import numpy as np

        boxes = np.asarray(self.boxes, np.float32).reshape(-1, 4)
        scores, class_ids = np.asarray(self.scores, np.float32), np.asarray(self.class_ids, np.int64)
        if not len(boxes) == len(scores) == len(class_ids) == len(self.names):
            lengths = f"{len(boxes)} boxes, {len(scores)} scores, {len(class_ids)} class ids, {len(self.names)} names"
            raise ValueError(f"detections need one of each: {lengths}")
        if self.masks is not None and len(self.masks) != len(boxes):
            raise ValueError(f"detections need a mask each: {len(boxes)} boxes, {len(self.masks)} masks")
        self._check_keypoints()
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)
        object.__setattr__(self, "class_ids", class_ids)

    def _check_keypoints(self) -> None:
        shapes = [None if array is None else array.shape for array in (self.keypoints, self.keypoint_scores)]
        places, scores = shapes
        if shapes != [None, None] and (scores is None or len(scores) != 2 or places != (*scores, 2)):
            raise ValueError(f"keypoints need x, y and a score each: {places} places, {scores} scores")
        if scores is not None and scores[0] != len(self.boxes):
            raise ValueError(f"detections need keypoints each: {len(self.boxes)} boxes, keypoints of {scores[0]}")

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Detection]:
        rows = zip(self.boxes.tolist(), self.scores.tolist(), self.class_ids.tolist(), self.names, strict=True)
        for (x1, y1, x2, y2), score, class_id, name in rows:
            yield Detection((x1, y1, x2, y2), score, class_id, name)

    def __getitem__(self, rows: Any) -> Any:
        import numpy as np

        if isinstance(rows, int | np.integer):
            # A plain IndexError past the end is what Python's own protocols expect here.
            index = range(len(self))[int(rows)]
            return next(iter(self[index : index + 1]))
        return self._rows(np.arange(len(self))[rows])

    def _rows(self, index: npt.NDArray[np.int64]) -> Detections:
        return replace(
            self,
            boxes=self.boxes[index],
            scores=self.scores[index],
            class_ids=self.class_ids[index],
            names=tuple(self.names[row] for row in index.tolist()),
            masks=None if self.masks is None else self.masks[index],
            keypoints=None if self.keypoints is None else self.keypoints[index],
            keypoint_scores=None if self.keypoint_scores is None else self.keypoint_scores[index],
        )

    def __repr__(self) -> str:
        return f"<{len(self)} detections in {self.image}: {self.summary()}>"

    def summary(self) -> str:
        """Return the count of each name, the most frequent first: `3 dog, 1 cat`."""
        from collections import Counter

        counts = Counter(self.names).most_common()
        return ", ".join(f"{count} {name}" for name, count in counts) or "nothing"

    @property
    def xyxyn(self) -> npt.NDArray[np.float32]:
        """Boxes as float32 (N, 4) xyxy, in parts of the picture's width and height: 0..1."""
        import numpy as np

        size = [max(self.width, 1), max(self.height, 1)] * 2
        return np.divide(self.boxes, size, dtype=np.float32)

    @property
    def xywh(self) -> npt.NDArray[np.float32]:
        """Boxes as float32 (N, 4): left, top, width, height in pixels, as COCO writes them."""
        import numpy as np

        return np.concatenate([self.boxes[:, :2], self.boxes[:, 2:] - self.boxes[:, :2]], axis=1)

    def as_json(self) -> dict[str, Any]:
        """Return the record that `loadstone detect --json` prints: plain values, boxes to a hundredth of a pixel.

        An object with keypoints has `keypoints`: x, y and score of each, or null for one that it lacks.
        """
        found = [
            {
                "box": [round(side, 2) for side in one.box],
                "score": round(one.score, 5),
                "class_id": one.class_id,
                "name": one.name,
            }
            for one in self
        ]
        for record, points in zip(found, self.points(), strict=True):
            if any(points):
                record["keypoints"] = [
                    point and (round(point[0], 2), round(point[1], 2), round(point[2], 5)) for point in points
                ]
        return {"image": self.image, "width": self.width, "height": self.height, "detections": found}

    def points(self) -> list[list[tuple[float, float, float] | None]]:
        """Return each object's keypoints as (x, y, score), None for one that it lacks; no keypoints, no entries."""
        import numpy as np

        if self.keypoints is None or self.keypoint_scores is None:
            return [[] for _ in range(len(self))]
        there = (self.keypoint_scores > 0) & np.isfinite(self.keypoints).all(axis=2)
        return [
            [(x, y, score) if real else None for (x, y), score, real in zip(*row, strict=True)]
            for row in zip(self.keypoints.tolist(), self.keypoint_scores.tolist(), there.tolist(), strict=True)
        ]

    def draw(self) -> PIL.Image.Image:
        """Return the picture with its boxes and names drawn; raises `SourceError` when it cannot be read again."""
        from loadstone.report.draw import draw_detections

        return draw_detections(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the drawn picture; the ending names the format. Raises `SourceError` when it cannot be written."""
        from loadstone.report.draw import write_picture

        write_picture(self.draw(), path)

    def to_supervision(self) -> Any:
        """Return a `supervision.Detections` with the same boxes; raises `EnvironmentLacksError` without supervision."""
        from loadstone.report.supervision import as_supervision

        return as_supervision(self)

    def _repr_html_(self) -> str:
        from loadstone.report.detections_html import detections_html

        return detections_html(self)


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class with its probability."""

    class_id: int
    name: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """What a classifier says of one picture: its classes, the most probable first.

    `image`, `width`, `height` and `pixels` are as in `Detections`.
    """

    classes: tuple[ClassScore, ...]
    image: str
    width: int
    height: int
    pixels: ReadPixels | None = None

    def __len__(self) -> int:
        return len(self.classes)

    def __iter__(self) -> Iterator[ClassScore]:
        return iter(self.classes)

    def __getitem__(self, rows: Any) -> Any:
        if isinstance(rows, slice):
            return replace(self, classes=self.classes[rows])
        return self.classes[rows]

    def __repr__(self) -> str:
        return f"<classes of {self.image}: {self.summary()}>"

    def summary(self) -> str:
        """Return the most probable classes on one line: `cat 0.91, dog 0.06`."""
        return ", ".join(f"{one.name} {one.probability:.2f}" for one in self.classes[:3]) or "nothing"

    def as_json(self) -> dict[str, Any]:
        """Return the record that `loadstone detect --json` prints for a classifier: plain values."""
        rows = [
            {"class_id": one.class_id, "name": one.name, "probability": round(one.probability, 5)}
            for one in self.classes
        ]
        return {"image": self.image, "width": self.width, "height": self.height, "classes": rows}

    def draw(self) -> PIL.Image.Image:
        """Return the picture with its most probable class written on it."""
        from loadstone.report.draw import draw_classification

        return draw_classification(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the drawn picture; the ending names the format. Raises `SourceError` when it cannot be written."""
        from loadstone.report.draw import write_picture

        write_picture(self.draw(), path)

    def _repr_html_(self) -> str:
        from loadstone.report.detections_html import classification_html

        return classification_html(self)
