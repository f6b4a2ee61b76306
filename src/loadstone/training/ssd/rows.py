"""The SSD's losses anchor by anchor, in Keras operations. Shapes: B pictures, N anchors, C columns of the class head.

A class target is one column's number, or -1 for none: nearly all of the B·N·C elements are those of a column that is
to be 0, so every element is computed as such and the few others are put right. With written-out targets the focal loss
and its gradient take half as long again (`benchmarks/training_parts.py`).
Sources: `losses.proto`; Lin et al., Focal Loss for Dense Object Detection, 2017; Reed et al., Training Deep Neural
Networks on Noisy Labels with Bootstrapping, 2014.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from loadstone.training.losses import huber

ClassRows = Callable[[Any, Any], Any]
"""(logits (B, N, C), columns int32 (B, N)) → the loss of each anchor (B, N), before its weight."""

BoxRows = Callable[[Any, Any, Any], Any]
"""(predicted codes (B, N, 4), target codes (B, N, 4), weights (B, N)) → the weighted loss of each anchor (B, N)."""


def _chosen(logits: Any, columns: Any) -> tuple[Any, Any]:
    """Return the logit of each anchor's own column (B, N), and 1 where it has one, else 0."""
    # A product and a sum: the gradient of gathering one element of each row costs four times as much on TensorFlow.
    here = ops.one_hot(columns, logits.shape[-1], dtype=logits.dtype)
    return ops.sum(logits * here, axis=-1), ops.cast(columns >= 0, logits.dtype)


def sigmoid_rows(logits: Any, columns: Any) -> Any:
    """`weighted_sigmoid`: the sigmoid cross entropies of an anchor's columns, summed."""
    own, has_own = _chosen(logits, columns)
    return ops.sum(ops.softplus(logits), axis=-1) - own * has_own


def focal_rows(logits: Any, columns: Any, *, alpha: float | None = None, gamma: float = 2.0) -> Any:
    """`weighted_sigmoid_focal`; see `losses.focal` for its elements.

    The element of a column that is to be 1 is that of one that is to be 0 with the opposite logit.
    """
    own, has_own = _chosen(logits, columns)
    positive, negative = (1.0, 1.0) if alpha is None else (alpha, 1.0 - alpha)
    swapped = positive * _modulated(-own, gamma) - negative * _modulated(own, gamma)
    return negative * ops.sum(_modulated(logits, gamma), axis=-1) + has_own * swapped


def _modulated(logits: Any, gamma: float) -> Any:
    """Return σ(x)^γ · ln(1 + eˣ)."""
    entropy = ops.softplus(logits)
    if gamma == 0:
        return entropy
    probability = ops.sigmoid(logits)
    return (ops.square(probability) if gamma == 2 else ops.power(probability, gamma)) * entropy


def softmax_rows(logits: Any, columns: Any, *, scale: float = 1.0) -> Any:
    """`weighted_softmax`: the cross entropy of softmax(x / scale); 0 for an anchor without a column."""
    own, has_own = _chosen(logits / scale, columns)
    return (ops.logsumexp(logits / scale, axis=-1) - own) * has_own


def bootstrapped_rows(logits: Any, columns: Any, *, alpha: float, hard: bool = False) -> Any:
    """`bootstrapped_sigmoid`: the target is alpha parts of the truth and the rest of what the model itself says.

    `hard`: what it says is rounded to 0 or 1.
    """
    own, has_own = _chosen(logits, columns)
    said = ops.cast(logits > 0, logits.dtype) if hard else ops.sigmoid(logits)
    return ops.sum(ops.softplus(logits) - (1 - alpha) * said * logits, axis=-1) - alpha * own * has_own


def huber_rows(predicted: Any, targets: Any, weights: Any, *, delta: float = 1.0) -> Any:
    """`weighted_smooth_l1`; see `losses.huber`."""
    return huber(predicted, targets, delta=delta) * weights


def square_rows(predicted: Any, targets: Any, weights: Any) -> Any:
    """`weighted_l2`: ½·Σ(w·d)², so that a weight counts twice."""
    return 0.5 * ops.sum(ops.square((predicted - targets) * weights[..., None]), axis=-1)
