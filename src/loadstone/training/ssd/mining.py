"""`hard_example_miner`: which anchors count at all, chosen by their losses.

Sources: Shrivastava et al., 2016; Liu et al., SSD, 2016, section 2.2; `losses.proto`.
Suppression is greedy by loss. It is computed here as the fixed point of "an anchor stays if no better one that stays
overlaps it": after k rounds all chains of k anchors are right, so it ends with the greedy result, and in few rounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from keras import ops

from loadstone.training.matching import NEGATIVE

MOST_ANCHORS = 16_384
"""One picture's overlaps are a square matrix: a gigabyte in float32 at this many anchors."""

Measure = Literal["CLASSIFICATION", "LOCALIZATION", "BOTH"]


@dataclass(frozen=True, slots=True)
class HardExamples:
    """The fields of `HardExampleMiner`; `most` and `negatives_per_positive` of 0 are no limit."""

    most: int = 64
    iou_threshold: float = 0.7
    measure: Measure = "BOTH"
    negatives_per_positive: int = 0
    least_negatives: int = 0

    def measured(self, localization: Any, classification: Any, *, weights: tuple[float, float]) -> Any:
        """Return the losses (B, N) that are looked at; `weights` are those of localization and classification."""
        if self.measure == "CLASSIFICATION":
            return classification
        if self.measure == "LOCALIZATION":
            return localization
        return weights[1] * classification + weights[0] * localization

    def chosen(self, losses: Any, boxes: Any, match: Any) -> Any:
        """Return 1 for the anchors that count, else 0, float32 (B, N); no gradient flows through the choice.

        losses: (B, N), by which they are ordered, worst first; boxes: (B, N, 4), what was predicted, decoded;
        match: (B, N), the ground truth of each, or `matching.NEGATIVE` or `IGNORED`.
        """
        inputs = (ops.stop_gradient(losses), ops.stop_gradient(boxes), match)
        return ops.map(self._of_picture, inputs)

    def _of_picture(self, inputs: tuple[Any, Any, Any]) -> Any:
        losses, boxes, match = inputs
        order = ops.argsort(-losses)
        stays = _survivors(ops.take(boxes, order, axis=0), self.iou_threshold)
        if self.most:
            stays = stays * ops.cast(ops.cumsum(stays) <= self.most, "float32")
        if self.negatives_per_positive:
            stays = stays * self._within_quota(stays, ops.take(match, order, axis=0))
        # The order's own order says where each anchor went.
        return ops.take(stays, ops.argsort(order), axis=0)

    def _within_quota(self, stays: Any, match: Any) -> Any:
        """Return 1 for positives, and for others while no more negatives came than the positives allow."""
        positive = stays * ops.cast(match >= 0, "float32")
        negative = stays * ops.cast(match == NEGATIVE, "float32")
        quota = ops.maximum(self.negatives_per_positive * ops.sum(positive), float(self.least_negatives))
        return ops.cast(ops.logical_or(positive > 0, ops.cumsum(negative) <= quota), "float32")


def _survivors(boxes: Any, threshold: float) -> Any:
    """Return 1 for each box (N, 4), best first, that greedy suppression keeps, else 0; float32 (N,)."""
    overlaps = ops.cast(_iou(boxes) > threshold, "float32")
    rows = ops.arange(boxes.shape[0])
    # Column j holds 1 for every better box that overlaps box j.
    better = overlaps * ops.cast(rows[:, None] < rows[None, :], "float32")

    def changes(stays: Any, before: Any) -> Any:
        return ops.any(stays != before)

    def again(stays: Any, before: Any) -> Any:
        blocked = ops.matmul(stays[None], better)[0] > 0
        return 1.0 - ops.cast(blocked, "float32"), stays

    first = ops.ones_like(boxes[:, 0])
    return ops.while_loop(changes, again, (first, first - 1.0))[0]


def _iou(boxes: Any) -> Any:
    """Return the overlaps (N, N) of boxes (N, 4); 0 where one has no area."""
    low, high = boxes[:, :2], boxes[:, 2:]
    low, high = ops.minimum(low, high), ops.maximum(low, high)
    sides = ops.maximum(ops.minimum(high[:, None], high[None]) - ops.maximum(low[:, None], low[None]), 0.0)
    inside = sides[..., 0] * sides[..., 1]
    area = (high[:, 0] - low[:, 0]) * (high[:, 1] - low[:, 1])
    union = area[:, None] + area[None] - inside
    return ops.where(inside > 0, inside / ops.where(union > 0, union, ops.ones_like(union)), ops.zeros_like(inside))
