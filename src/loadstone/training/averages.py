"""The moving average of a model's weights, which the original's EMA optimizer keeps beside them.

avg ← avg − (1 − d)·(avg − w) after each update, with d = min(decay, (1 + t) / (10 + t)) and t the updates done, so that
the first updates count for much. The original's averages begin at 0; those that begin at the weights never lie below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class MovingAverages:
    """One average for each of some variables; `averages` are Keras variables, to be kept and saved with the rest."""

    def __init__(self, variables: Sequence[Any], decay: float, *, from_zero: bool = False) -> None:
        self.variables = list(variables)
        self.decay = decay
        # A copy: of a tensor of its own, Keras makes a variable that shares its memory on TensorFlow and PyTorch.
        self.averages = [
            keras.Variable(
                np.zeros(variable.shape, np.float32)
                if from_zero
                else np.array(ops.convert_to_numpy(variable.value), np.float32),
                trainable=False,
                dtype="float32",
                name=f"average_{number}",
            )
            for number, variable in enumerate(self.variables)
        ]

    def update(self, updates: Any) -> None:
        """Take the variables' values in. `updates` is how many updates are done, 1 after the first: int or tensor."""
        done = ops.cast(updates, "float32")
        kept = ops.minimum(self.decay, (1.0 + done) / (10.0 + done))
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(average - (1.0 - kept) * (average - ops.cast(variable, "float32")))
