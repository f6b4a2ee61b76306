"""Made-up truth and detections for the tests of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from loadstone.facts.dataset import Example, Objects
from loadstone.facts.evaluation import Judged

Row = Sequence[float]


def objects(boxes: Sequence[Row], classes: Sequence[int], **marks: Any) -> Objects:
    """Return objects; `crowd`, `difficult` and `group_of` name the positions of the objects that are so marked."""
    count = len(boxes)
    for name in ("crowd", "difficult", "group_of"):
        marks[name] = np.isin(np.arange(count), marks.pop(name, ()))
    return Objects(
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array(classes, np.int64),
        weights=np.ones(count, np.float32),
        **marks,
    )


def example(truth: Objects, *, key: str = "picture", **other: Any) -> Example:
    """Return a picture of 400 × 300 pixels that has no file."""
    return Example(key, key, 400, 300, truth, bytes, **other)


def judged(truth: Objects, found: Sequence[tuple[Row, float, int]], **other: Any) -> Judged:
    """Return one picture's truth beside rows of box, score and class."""
    boxes = [box for box, _, _ in found]
    keypoints = other.pop("keypoints", None)
    return Judged(
        example(truth, **other),
        np.array(boxes, np.float64).reshape(-1, 4),
        np.array([score for _, score, _ in found], np.float64),
        np.array([class_ for _, _, class_ in found], np.int64),
        keypoints,
    )


def drawn(random: np.random.Generator, *, classes: int, pictures: int) -> list[Judged]:
    """Draw pictures with objects of every mark, most of them found, some twice, some in another class or place."""
    return [_drawn(random, classes) for _ in range(pictures)]


def _drawn(random: np.random.Generator, classes: int) -> Judged:
    count = int(random.integers(0, 6))
    corners = random.uniform(0, 250, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 140, (count, 2))], axis=1)
    names = random.integers(0, classes, count)
    marks = {name: np.flatnonzero(random.uniform(size=count) < 0.2) for name in ("crowd", "difficult", "group_of")}
    rows: list[tuple[Row, float, int]] = []
    for box, name in zip(boxes, names, strict=True):
        for _ in range(int(random.integers(0, 3))):
            moved = box + random.normal(0, random.choice([2.0, 12.0]), 4)
            other = int(name) if random.uniform() < 0.8 else int(random.integers(0, classes))
            # A score of two decimals comes up twice now and then, so that the order of equal ones is tried, too.
            rows.append((np.sort(moved.reshape(2, 2), axis=0).reshape(-1).tolist(), round(random.uniform(), 2), other))
    for _ in range(int(random.integers(0, 3))):
        x, y, width, height = random.uniform(0, 200, 4)
        rows.append(([x, y, x + width, y + height], round(random.uniform(), 2), int(random.integers(0, classes))))
    return judged(objects(boxes.tolist(), names.tolist(), **marks), rows)
