"""The originals' losses for detectors on anchors, in Keras operations: the same on every backend, with gradients.

Elements, before any weight or sum; `ssd/loss.py` puts them together. Source: `losses.proto` for the fields; Lin et al.,
Focal Loss for Dense Object Detection, 2017; checked against what the original computed.
"""

from __future__ import annotations

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
