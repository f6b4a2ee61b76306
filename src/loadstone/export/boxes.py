"""What all box detectors share in a graph: decoding, scores, suppression, and a fixed number of rows at the end.

The rules are those of runtime's `ssd_reading`. Rows that are not detections are zeros, as in the original's exports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadstone.blueprint.parts import Suppression
from loadstone.export.dialect import Dialect, Limits, Tensor, columns


@dataclass(frozen=True, slots=True)
class Final:
    """`count` rows, best first: boxes (count, 4) yxyx relative to the picture, scores, classes from 0 (whole)."""

    boxes: Tensor
    scores: Tensor
    classes: Tensor
    valid: Tensor


def decoded(ops: Dialect, encodings: Tensor, anchors: Tensor, scales: Sequence[float]) -> Tensor:
    """Return corners yxyx (N, 4) of encodings (ty, tx, th, tw) (N, 4) against anchors yxyx (N, 4)."""
    scaled = ops.binary("divide", encodings, ops.constant(np.array(scales, np.float32)))
    low, high = columns(ops, anchors, 0, 2), columns(ops, anchors, 2, 4)
    sides = ops.binary("subtract", high, low)
    middle = ops.binary("add", low, half(ops, sides))
    centre = ops.binary("add", ops.binary("multiply", columns(ops, scaled, 0, 2), sides), middle)
    reach = half(ops, ops.binary("multiply", ops.unary("exp", columns(ops, scaled, 2, 4)), sides))
    return ops.concat([ops.binary("subtract", centre, reach), ops.binary("add", centre, reach)], 1)


def half(ops: Dialect, x: Tensor) -> Tensor:
    """Return half of it."""
    return ops.binary("multiply", x, ops.constant(np.float32(0.5)))


def scored(ops: Dialect, logits: Tensor, converter: str, logit_scale: float) -> Tensor:
    """Convert rows of logits to scores (`score_converter` of post_processing.proto)."""
    if logit_scale != 1:
        logits = ops.binary("divide", logits, ops.constant(np.float32(logit_scale)))
    if converter == "SIGMOID":
        return ops.unary("sigmoid", logits)
    return ops.softmax(logits) if converter == "SOFTMAX" else logits


def with_area(ops: Dialect, boxes: Tensor) -> Tensor:
    """Return which boxes (N, 4) have an area, (N,)."""
    low, high = columns(ops, boxes, 0, 2), columns(ops, boxes, 2, 4)
    sides = ops.reduce("min", ops.binary("subtract", high, low), 1)
    return ops.binary("less", ops.constant(np.float32(0)), sides)


def clipped(ops: Dialect, boxes: Tensor, frame: Tensor) -> Tensor:
    """Cut boxes to (height, width, height, width)."""
    return ops.binary("minimum", ops.binary("maximum", boxes, ops.constant(np.float32(0))), frame)


def final(
    ops: Dialect,
    boxes: Tensor,
    scores: Tensor,
    rule: Suppression,
    *,
    shape: tuple[int, int],
    frame: Tensor,
    own_boxes: bool = False,
) -> Final:
    """Suppress class by class, clip to the frame (4,), and keep the best of all, in the frame's units.

    `boxes` (N, 4), or (N, C, 4) with `own_boxes`; `scores` (N, C), and `shape` is that, with -1 for an N that
    only the picture tells. A class-agnostic rule takes each row's best score as its only one.
    """
    kinds = None
    if rule.class_agnostic:
        kinds, scores, shape = ops.best(scores), ops.reduce("max", scores, 1, keep=True), (shape[0], 1)
    nothing = least(rule.score_threshold)
    if rule.clip_first:
        boxes = clipped(ops, boxes, frame)
        real = ops.reshape(with_area(ops, ops.reshape(boxes, [-1, 4])), [-1, shape[1] if own_boxes else 1])
        scores = ops.where(real, scores, ops.constant(np.float32(nothing)))
    most = rule.max_total if rule.class_agnostic else rule.max_per_class
    limits = Limits(rule.iou_threshold, rule.score_threshold, most)
    rows, classes = ops.suppress(boxes, scores, rule=limits, shape=shape, own_boxes=own_boxes)
    cells = ops.binary("add", ops.binary("multiply", rows, ops.constant(np.array(shape[1]))), classes)
    flat = ops.reshape(boxes, [-1, 4])
    chosen = clipped(ops, ops.gather(flat, cells if own_boxes else rows), frame)
    values = ops.gather(ops.reshape(scores, [-1]), cells)
    values = ops.where(with_area(ops, chosen), values, ops.constant(np.float32(nothing)))
    classes = classes if kinds is None else ops.gather(kinds, rows)
    return _best(ops, chosen, values, classes, most=rule.max_total, nothing=nothing)


def least(threshold: float) -> float:
    """Return a score that no detection has: all have more than the threshold."""
    return float(min(threshold, 0.0))


def _best(ops: Dialect, boxes: Tensor, scores: Tensor, classes: Tensor, *, most: int, nothing: float) -> Final:
    """Return exactly `most` rows, best first: rows of nothing are put behind, so that there always are enough."""
    scores = ops.concat([scores, ops.constant(np.full(most, nothing, np.float32))])
    boxes = ops.concat([boxes, ops.constant(np.zeros((most, 4), np.float32))])
    classes = ops.concat([classes, ops.constant(np.zeros(most, np.int64))])
    values, order = ops.top(scores, most)
    valid = ops.binary("less", ops.constant(np.float32(nothing)), values)
    counted = ops.real(valid)
    return Final(
        boxes=ops.binary("multiply", ops.gather(boxes, order), ops.reshape(counted, [most, 1])),
        scores=ops.binary("multiply", values, counted),
        classes=ops.gather(classes, order),
        valid=valid,
    )


def put_detections(ops: Dialect, found: Final, most: int) -> None:
    """Name the original's outputs: boxes (1, N, 4), scores and classes from 1 (1, N), and their number (1,)."""
    counted = ops.real(found.valid)
    classes = ops.binary("add", ops.real(found.classes), ops.constant(np.float32(1)))
    ops.output("detection_boxes", found.boxes, [1, most, 4])
    ops.output("detection_scores", found.scores, [1, most])
    # The original counts its classes after padding them, so that rows of nothing say class 1.
    ops.output("detection_classes", classes, [1, most])
    ops.output("num_detections", ops.reduce("sum", counted, 0, keep=True), [1])
