"""The originals' losses for detectors on anchors, in Keras operations: the same on every backend, with gradients.

Shapes: B pictures, N anchors, C columns of the class head. Source: `losses.proto` for the fields; Lin et al.,
Focal Loss for Dense Object Detection, 2017; checked against what the original computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from keras import ops


def sigmoid_cross_entropy(logits: Any, targets: Any) -> Any:
    """Return `max(x, 0) - x·z + ln(1 + exp(-|x|))`, element by element."""
    return ops.maximum(logits, 0.0) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))


def focal(logits: Any, targets: Any, *, alpha: float | None = None, gamma: float = 2.0) -> Any:
    """`weighted_sigmoid_focal`: return the elements of the focal loss, before the anchors' weights.

    `alpha=None` is a configuration without the field: positives and negatives then count alike.
    """
    probability = ops.sigmoid(logits)
    right = targets * probability + (1 - targets) * (1 - probability)
    elements = ops.power(1.0 - right, gamma) * sigmoid_cross_entropy(logits, targets)
    return elements if alpha is None else (targets * alpha + (1 - targets) * (1 - alpha)) * elements


def softmax_cross_entropy(logits: Any, targets: Any, *, scale: float = 1.0) -> Any:
    """`weighted_softmax`: return -Σ z·ln softmax(x / scale) over the last axis."""
    return -ops.sum(targets * ops.log_softmax(logits / scale, axis=-1), axis=-1)


def huber(predicted: Any, targets: Any, *, delta: float = 1.0) -> Any:
    """`weighted_smooth_l1`: return d²/2 where |d| ≤ delta, else delta·|d| - delta²/2, summed over the four codes."""
    difference = ops.abs(predicted - targets)
    inner = ops.minimum(difference, delta)
    return ops.sum(0.5 * inner * inner + delta * (difference - inner), axis=-1)


@dataclass(frozen=True, slots=True)
class SsdTargets:
    """A batch's targets: boxes (B, N, 4), box_weights (B, N), classes (B, N, C), class_weights (B, N)."""

    boxes: Any
    box_weights: Any
    classes: Any
    class_weights: Any


@dataclass(frozen=True, slots=True)
class SsdLoss:
    """The `loss` message of an SSD: kinds, weights, and what the sums are divided by."""

    focal: bool = True
    alpha: float | None = None
    gamma: float = 2.0
    delta: float = 1.0
    classification_weight: float = 1.0
    localization_weight: float = 1.0
    by_matches: bool = True
    by_code_size: bool = False

    def elements(self, boxes: Any, classes: Any, targets: SsdTargets) -> tuple[Any, Any]:
        """Return the weighted elements: localization (B, N) and classification (B, N, C)."""
        localization = huber(boxes, targets.boxes, delta=self.delta) * targets.box_weights
        if self.focal:
            each = focal(classes, targets.classes, alpha=self.alpha, gamma=self.gamma)
        else:
            each = sigmoid_cross_entropy(classes, targets.classes)
        return localization, each * ops.expand_dims(targets.class_weights, -1)

    def __call__(self, boxes: Any, classes: Any, targets: SsdTargets) -> tuple[Any, Any]:
        """Return the two losses of a batch, scalars: localization and classification.

        boxes: (B, N, 4) box codes; classes: (B, N, C) logits. One normaliser holds for the whole batch: the sum of the
        box weights, at least 1.
        """
        localization, classification = self.elements(boxes, classes, targets)
        matches = ops.maximum(ops.sum(targets.box_weights), 1.0) if self.by_matches else 1.0
        codes = 4.0 if self.by_code_size else 1.0
        return (
            self.localization_weight * ops.sum(localization) / (matches * codes),
            self.classification_weight * ops.sum(classification) / matches,
        )
