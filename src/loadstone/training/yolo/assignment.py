"""SimOTA: which places answer for which object, by what the network says itself; in Keras operations of fixed shape.

Shapes: B pictures, G objects at most (the rest is padding), N places over all maps, C classes.
Source: Ge et al., YOLOX (arXiv 2107.08430), section 2.1, which simplifies Ge et al., OTA (arXiv 2103.14259); the number
of best overlaps that are summed, the cost's constants and what becomes of a place that two objects want are as in the
paper's code [memory].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops

from loadstone.training.pairs import overlaps, rows_of

NEVER = 1e9
"""The cost of a pair that may not be: a place near no object, or an object that is padding."""

SMALL = 1e-8
"""Keeps the logarithm of an overlap of 0 finite."""

LEAST, MOST = 1e-7, 1 - 1e-7
"""Where scores are cut before their logarithms: float32 knows no number between the latter and 1 but one."""


@dataclass(frozen=True, slots=True)
class SimOta:
    """An object's places are those of least cost: the score's cross entropy, and `box_cost` times -ln IoU.

    Places count that lie within the object, or within `radius` strides of its centre; `outside` is added to the cost
    of those that do not do both. An object gets as many as its `candidates` largest overlaps sum to, one at least.
    """

    radius: float = 2.5
    candidates: int = 10
    box_cost: float = 3.0
    outside: float = 1e5


@dataclass(frozen=True, slots=True)
class Predicted:
    """boxes (B, N, 4) in pixels; classes (B, N, C) and objects (B, N, 1), logits."""

    boxes: Any
    classes: Any
    objects: Any


@dataclass(frozen=True, slots=True)
class Truth:
    """boxes (B, G, 4) in pixels, yxyx, zeros where there is none; classes int32 (B, G)."""

    boxes: Any
    classes: Any

    @property
    def real(self) -> Any:
        """Which rows are objects, bool (B, G): those with an area."""
        sides = self.boxes[..., 2:] - self.boxes[..., :2]
        return ops.min(sides, axis=-1) > 0


def assign(rule: SimOta, predicted: Predicted, truth: Truth, centres: Any, strides: Any) -> tuple[Any, Any]:
    """Return each place's object, int32 (B, N), -1 for none, and its box's overlap with it, (B, N), 0 for none.

    centres: (N, 2), y and x of the places' middles in pixels; strides: (N,). Nothing here has a gradient.
    """
    predicted = Predicted(
        *(ops.stop_gradient(each) for each in (predicted.boxes, predicted.classes, predicted.objects))
    )
    possible, both = near(rule, truth, centres, strides)
    overlap = overlaps(truth.boxes, predicted.boxes)
    cost = _entropies(predicted, truth.classes) - rule.box_cost * ops.log(overlap + SMALL)
    cost = ops.where(possible, cost + ops.where(both, 0.0, rule.outside), NEVER)
    counts = _counts(rule, ops.where(possible, overlap, 0.0))
    wanted = ops.logical_and(cheapest(cost, counts, rule.candidates), possible)
    # Of several objects that want one place, the one that it costs least has it.
    costs = ops.where(wanted, cost, 2 * NEVER)
    rows = ops.cast(ops.argmin(costs, axis=1), "int32")
    rows = ops.where(ops.any(wanted, axis=1), rows, -1)
    own = ops.take_along_axis(overlap, ops.maximum(rows, 0)[:, None], axis=1)[:, 0]
    return rows, ops.where(rows >= 0, own, 0.0)


def near(rule: SimOta, truth: Truth, centres: Any, strides: Any) -> tuple[Any, Any]:
    """Return which pairs of object and place are possible, and which of them lie both within box and centre, (B, G, N).

    A place is possible for every object where it is near one of them.
    """
    y, x = centres[:, 0], centres[:, 1]
    low_y, low_x, high_y, high_x = (truth.boxes[..., at, None] for at in range(4))
    inside = ops.minimum(ops.minimum(y - low_y, x - low_x), ops.minimum(high_y - y, high_x - x)) > 0
    reach = rule.radius * strides
    away = ops.maximum(ops.abs(y - (low_y + high_y) / 2), ops.abs(x - (low_x + high_x) / 2))
    central = away < reach
    real = truth.real[..., None]
    some = ops.any(ops.logical_and(ops.logical_or(inside, central), real), axis=1, keepdims=True)
    return ops.logical_and(some, real), ops.logical_and(inside, central)


def _entropies(predicted: Predicted, classes: Any) -> Any:
    """Return the binary cross entropy of each place's scores with each object's class, summed over classes, (B, G, N).

    A score here is the geometric mean of both sigmoids. The sum over all classes as if none were the object's is the
    same for all objects, so that only the column of its class is looked at for each.
    """
    scores = ops.sqrt(ops.sigmoid(predicted.classes) * ops.sigmoid(predicted.objects))
    scores = ops.clip(scores, LEAST, MOST)
    none = -ops.log(1.0 - scores)
    turned = ops.transpose(-ops.log(scores) - none, (0, 2, 1))
    return ops.sum(none, axis=-1)[:, None] + rows_of(turned, classes)


def _counts(rule: SimOta, overlap: Any) -> Any:
    """Return how many places each object gets, int32 (B, G, 1)."""
    best = ops.top_k(overlap, min(rule.candidates, overlap.shape[-1]))[0]
    return ops.maximum(ops.cast(ops.sum(best, axis=-1, keepdims=True), "int32"), 1)


def cheapest(cost: Any, counts: Any, most: int) -> Any:
    """Return the `counts` (B, G, 1) pairs of least cost of each object, bool (B, G, N); of equal ones the first.

    No count is above `most`.
    """
    lowest = -ops.top_k(-cost, min(most, cost.shape[-1]))[0]
    bound = ops.take_along_axis(lowest, counts - 1, axis=-1)
    below, equal = cost < bound, cost == bound
    left = counts - ops.sum(ops.cast(below, "int32"), axis=-1, keepdims=True)
    first = ops.cumsum(ops.cast(equal, "int32"), axis=-1) <= left
    return ops.logical_or(below, ops.logical_and(equal, first))
