"""What a YOLO's outputs mean, place by place and box by box in plain Python: slow, and nothing of the package's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.yolo_parts import YoloBlueprint

Box = tuple[float, float, float, float]
"""Top, left, bottom, right."""


@dataclass(frozen=True)
class Found:
    """One detection: `box` is xyxy in pixels of the picture, `kind` counts from 1."""

    score: float
    kind: int
    box: Box


def places(blueprint: YoloBlueprint, encodings: npt.NDArray[Any]) -> list[Box]:
    """Return each place's box in pixels of the network's input; `encodings` (N, 4)."""
    found: list[Box] = []
    for (height, width), stride in zip(blueprint.maps, blueprint.strides, strict=True):
        for row in range(height):
            for column in range(width):
                y, x, high, wide = (float(value) for value in encodings[len(found)])
                middle_y, middle_x = (row + y) * stride, (column + x) * stride
                tall, broad = math.exp(high) * stride, math.exp(wide) * stride
                box = (middle_y - tall / 2, middle_x - broad / 2, middle_y + tall / 2, middle_x + broad / 2)
                found.append(box)
    return found


def detections(
    blueprint: YoloBlueprint, boxes: list[Box], scores: npt.NDArray[Any], picture: tuple[int, int]
) -> list[Found]:
    """Return what is found in a picture of this (height, width); `scores` (N, classes)."""
    rule = blueprint.suppression
    candidates = [
        (float(scores[row, kind]), kind, row)
        for row in range(len(boxes))
        for kind in range(blueprint.num_classes)
        if scores[row, kind] > np.float32(rule.score_threshold)
    ]
    if rule.class_agnostic:
        best = [int(np.argmax(row)) for row in scores]
        candidates = [one for one in candidates if one[1] == best[one[2]]]
        kept = _kept(sorted(candidates, key=lambda one: (-one[0], one[2])), boxes, rule.iou_threshold, rule.max_total)
    else:
        kept = []
        for kind in range(blueprint.num_classes):
            mine = sorted((one for one in candidates if one[1] == kind), key=lambda one: (-one[0], one[2]))
            kept += _kept(mine, boxes, rule.iou_threshold, rule.max_per_class)
    taken = taken_up(blueprint, picture)
    found = []
    for score, kind, row in sorted(kept, key=lambda one: -one[0]):
        box = _in_picture(boxes[row], taken, picture)
        if box[2] > box[0] and box[3] > box[1]:
            found.append(Found(score, kind + 1, box))
    return found[: rule.max_total]


Candidate = tuple[float, int, int]


def _kept(candidates: list[Candidate], boxes: list[Box], iou: float, most: int) -> list[Candidate]:
    kept: list[Candidate] = []
    for one in candidates:
        if len(kept) < most and all(overlap(boxes[one[2]], boxes[other[2]]) <= iou for other in kept):
            kept.append(one)
    return kept


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union."""
    height = min(one[2], other[2]) - max(one[0], other[0])
    width = min(one[3], other[3]) - max(one[1], other[1])
    if height <= 0 or width <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return height * width / (sum(areas) - height * width)


def taken_up(blueprint: YoloBlueprint, picture: tuple[int, int]) -> tuple[int, int]:
    """Return the (height, width) that the picture has in the network's input."""
    if blueprint.resizer.kind == "fixed":
        return blueprint.resizer.size
    scale = min(blueprint.resizer.size[1] / side for side in picture)
    height, width = (max(1, round(side * scale)) for side in picture)
    return height, width


def _in_picture(box: Box, taken: tuple[int, int], picture: tuple[int, int]) -> Box:
    top, left, bottom, right = box
    (tall, broad), (height, width) = taken, picture
    y = [min(max(value / tall, 0.0), 1.0) * height for value in (top, bottom)]
    x = [min(max(value / broad, 0.0), 1.0) * width for value in (left, right)]
    return x[0], y[0], x[1], y[1]
