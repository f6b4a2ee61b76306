"""Pascal VOC's and Open Images' metrics once more, box by box in plain Python: what the vectorised ones are held to."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loadstone.facts.evaluation import Judged

Box = Sequence[float]


def _intersection(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _iou(one: Box, other: Box) -> float:
    shared = _intersection(one, other)
    return shared / (_area(one) + _area(other) - shared)


def _marked(picture: Judged, class_: int, *, difficult: bool, groups: bool) -> list[tuple[Box, bool, bool]]:
    """Return (box, difficult, group) of each object of the class."""
    truth = picture.truth
    return [
        (truth.boxes[row].tolist(), difficult and bool(truth.difficult[row]), groups and bool(truth.group_of[row]))
        for row in range(len(truth))
        if truth.classes[row] == class_
    ]


def counts(
    pictures: Sequence[Judged],
    class_: int,
    *,
    difficult: bool = False,
    groups: bool = False,
    weight: float = 0.0,
    verified: bool = False,
) -> tuple[list[tuple[float, float]], float]:
    """Return (score, hit) of every detection of the class that counts, and how many objects there are."""
    rows: list[tuple[float, float]] = []
    objects = 0.0
    for picture in pictures:
        truth = _marked(picture, class_, difficult=difficult, groups=groups)
        for _, hard, group in truth:
            if not hard:
                objects += weight if group else 1.0
        if verified and not truth and class_ not in (picture.example.verified or ()):
            continue
        rows += _counts(picture, class_, truth, weight)
    return rows, objects


def _counts(
    picture: Judged, class_: int, truth: Sequence[tuple[Box, bool, bool]], weight: float
) -> list[tuple[float, float]]:
    found = [
        (float(picture.scores[row]), picture.boxes[row].tolist())
        for row in range(len(picture.scores))
        if picture.classes[row] == class_
    ]
    rows: list[tuple[float, float]] = []
    taken: set[int] = set()
    groups: dict[int, float] = {}
    singles = [(number, box, hard) for number, (box, hard, group) in enumerate(truth) if not group]
    crowds = [(number, box) for number, (box, _, group) in enumerate(truth) if group]
    for score, box in sorted(found, key=lambda row: -row[0]):
        best = max(singles, key=lambda row: _iou(box, row[1]), default=None)
        if best is not None and _iou(box, best[1]) >= 0.5:
            if best[2]:
                continue
            if best[0] not in taken:
                taken.add(best[0])
                rows.append((score, 1.0))
                continue
        crowd = max(crowds, key=lambda row: _intersection(box, row[1]), default=None)
        if crowd is not None and _intersection(box, crowd[1]) / _area(box) >= 0.5:
            groups[crowd[0]] = max(groups.get(crowd[0], 0.0), score)
            continue
        rows.append((score, 0.0))
    return rows + [(score, weight) for score in groups.values() if weight]


def curve(rows: Sequence[tuple[float, float]], objects: float) -> list[tuple[float, float]]:
    """Return (recall, precision) after each detection."""
    points = []
    found = false = 0.0
    for _, hit in sorted(rows, key=lambda row: -row[0]):
        found += hit
        false += hit == 0
        points.append((found / objects, found / (found + false)))
    return points


def area(rows: Sequence[tuple[float, float]], objects: float) -> float:
    """Return the area below the curve, walked from right to left under the best precision so far."""
    if not objects:
        return math.nan
    points = [(0.0, 0.0), *curve(rows, objects)]
    total = best = 0.0
    for (left, _), (right, precision) in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
        best = max(best, precision)
        total += (right - left) * best
    return total


def eleven(rows: Sequence[tuple[float, float]], objects: float) -> float:
    """Return the mean over eleven recalls of the best precision at that recall or a higher one."""
    if not objects:
        return math.nan
    points = curve(rows, objects)
    best = [max((p for recall, p in points if recall >= tenth / 10 - 1e-9), default=0.0) for tenth in range(11)]
    return sum(best) / 11
