"""Which of a picture's examples count: the balanced sampler within the step, in Keras operations of fixed shape.

Sources: `balanced_positive_negative_sampler.py` of the Object Detection API; Ren et al., Faster R-CNN, 2015, section
3.1.3. What is drawn follows from the given random numbers alone, so it is the same on every backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Sampler = Callable[[Any, Any, Any], Any]
"""(candidates bool (B, N), positives bool (B, N), random numbers float32 (B, N)) → which are drawn, bool (B, N)."""


def balanced(candidates: Any, positives: Any, numbers: Any, *, size: int, positive_share: float) -> Any:
    """Draw at most `size` of the candidates: at most `positive_share` of them positives, negatives to fill up."""
    positive = _first(ops.logical_and(candidates, positives), numbers, int(positive_share * size))
    left = size - ops.sum(ops.cast(positive, "int32"), axis=-1, keepdims=True)
    negative = _first(ops.logical_and(candidates, ops.logical_not(positives)), numbers, left)
    return ops.logical_or(positive, negative)


def static_balanced(candidates: Any, positives: Any, numbers: Any, *, size: int, positive_share: float) -> Any:
    """`use_static_balanced_label_sampler`: as `balanced`, from examples of which at least `size` are marked.

    Where there are fewer candidates, the first others are marked too. Where negatives run out all the same, the first
    example of the random order is drawn, whatever it is.
    """
    others = ops.logical_not(candidates)
    missing = size - ops.sum(ops.cast(candidates, "int32"), axis=-1, keepdims=True)
    added = ops.logical_and(others, ops.cumsum(ops.cast(others, "int32"), axis=-1) <= missing)
    drawn = balanced(ops.logical_or(candidates, added), positives, numbers, size=size, positive_share=positive_share)
    short = ops.sum(ops.cast(drawn, "int32"), axis=-1, keepdims=True) < size
    return ops.logical_or(drawn, ops.logical_and(short, _ranks(numbers) == 0))


def _first(flags: Any, numbers: Any, most: Any) -> Any:
    """Return the flagged examples with the lowest numbers, at most so many of a picture."""
    return ops.logical_and(flags, _ranks(ops.where(flags, numbers, 2.0)) < most)


def _ranks(numbers: Any) -> Any:
    """Return each number's place in its row's order, int32; equal ones in the order of their places."""
    rows = ops.arange(numbers.shape[1], dtype="int32")
    earlier = ops.logical_and(numbers[:, None, :] == numbers[:, :, None], (rows[None, :] < rows[:, None])[None])
    before = ops.logical_or(numbers[:, None, :] < numbers[:, :, None], earlier)
    return ops.sum(ops.cast(before, "int32"), axis=-1)


def first_rows(flags: Any, count: int) -> tuple[Any, Any]:
    """Return the positions of the flagged examples in order, int32 (B, count), and how many of these are real, (B, 1).

    Positions after the real ones are 0. A row has at least `count` examples.
    """
    whole = ops.cast(flags, "int32")
    total = flags.shape[1]
    # A flagged example's key grows with its place; the others' are below all of them.
    keys = ops.where(flags, total - ops.arange(total, dtype="int32")[None], 0)
    found = total - ops.top_k(keys, count, sorted=True)[0]
    real = ops.minimum(ops.sum(whole, axis=-1, keepdims=True), count)
    within = ops.arange(count, dtype="int32")[None] < real
    return ops.where(within, ops.cast(found, "int32"), 0), real
