"""An optimizer's update on TensorFlow as two operations a variable, where Keras's words for it are a dozen.

Each operation of a step is traced, placed and optimised before the first one runs: of a detector's hundreds of
variables, seconds. Optimizers without a kernel of exactly Keras's meaning keep Keras's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

OTHERS = (
    "nesterov",
    "weight_decay",
    "clipnorm",
    "clipvalue",
    "use_ema",
    "gradient_accumulation_steps",
    "loss_scale_factor",
)
"""What Keras does beside momentum and the clipping by the global norm."""


def is_fused(optimizer: Any) -> bool:
    """Whether `update` stands for the optimizer's `apply`: plain momentum, whatever its rate and clipping."""
    plain = type(optimizer) is keras.optimizers.SGD and optimizer.momentum > 0
    return plain and not any(getattr(optimizer, name, None) for name in OTHERS)


def update(optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any], norm: Any, finite: Any) -> None:
    """Move the variables: m ← momentum · m − rate · gradient, then variable ← variable + m.

    `norm` is the gradients' global norm, by which they are clipped; where not `finite` they count as 0, as does None.
    """
    clip = optimizer.global_clipnorm
    share = tf.where(finite, clip / tf.maximum(norm, clip) if clip else 1.0, 0.0)
    rate, momentum = tf.cast(optimizer.learning_rate, "float32"), tf.constant(optimizer.momentum, "float32")
    for gradient, variable, moved in zip(gradients, variables, optimizer.momentums, strict=True):
        if gradient is None:
            continue
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=variable.value.handle,
            accum=moved.value.handle,
            lr=rate,
            # 0 where the share is, also of what is no number.
            grad=tf.raw_ops.MulNoNan(x=gradient, y=share),
            momentum=momentum,
        )
    optimizer.iterations.assign_add(1)
