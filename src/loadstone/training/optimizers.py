"""`optimizer { … }` of a `train_config` → an optimizer of Keras 3 that takes the steps which the original took.

What it is: a plan as plain values, and the optimizer that it builds on any backend. What it is not: the moving average
of weights (`averages.py`), or the loss scale of mixed precision, which Keras's own optimizer adds.
Source: optimizer.proto, and the TF2 code path as measured: its RMSprop has the rho of Keras, and takes the field
`decay` for the learning rate's decay over time; its momentum keeps the learning rate within the velocity, as Keras 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from loadstone.errors import UnsupportedModelError
from loadstone.training.schedules import Schedule, cosine, read_schedule
from loadstone.wire.textmessage import TextMessage

Kind = Literal["sgd", "adam", "adamw", "rmsprop"]

RHO = 0.9
"""Keras's default for RMSprop, which no configuration reaches."""


@dataclass(frozen=True, slots=True)
class OptimizerPlan:
    """How weights are moved. `schedule`: finished updates → learning rate.

    `time_decay`: the rate is divided by 1 + time_decay · updates. `average_decay`: of the weights' moving average, None
    where there is none; `average_from_zero`: it begins at 0, as the original's, not at the weights.
    """

    kind: Kind
    schedule: Schedule
    momentum: float = 0.0
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    time_decay: float = 0.0
    average_decay: float | None = None
    average_from_zero: bool = False

    def rate(self, updates: int) -> float:
        """Return the learning rate of the update that follows so many."""
        return self.schedule(updates) / (1 + self.time_decay * updates)

    def build(self, updates: int, *, clip_norm: float = 0.0, accumulate: int = 1) -> Any:
        """Return the Keras optimizer for a training of so many updates.

        `clip_norm`: gradients are scaled down together to this global norm; 0 is off. `accumulate`: the gradients of so
        many steps make one update. Its learning rate past the last update is the last one's.
        """
        options: dict[str, Any] = {
            "learning_rate": TabulatedRate([self.rate(update) for update in range(max(updates, 1))], accumulate),
            "global_clipnorm": clip_norm or None,
            "gradient_accumulation_steps": accumulate if accumulate > 1 else None,
        }
        return _BUILDERS[self.kind](self, options)


_BUILDERS: dict[str, Callable[[OptimizerPlan, dict[str, Any]], Any]] = {
    "sgd": lambda plan, options: keras.optimizers.SGD(momentum=plan.momentum, **options),
    "adam": lambda plan, options: keras.optimizers.Adam(epsilon=plan.epsilon, **options),
    "adamw": lambda plan, options: keras.optimizers.AdamW(
        epsilon=plan.epsilon, weight_decay=plan.weight_decay, **options
    ),
    "rmsprop": lambda plan, options: keras.optimizers.RMSprop(
        rho=RHO, momentum=plan.momentum, epsilon=plan.epsilon, **options
    ),
}


@keras.saving.register_keras_serializable("loadstone")
class TabulatedRate(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate looked up by the number of the update, so that every backend has exactly the schedule's values.

    `every`: steps to an update, as Keras counts them where gradients are accumulated.
    """

    def __init__(self, rates: list[float], every: int = 1) -> None:
        self.rates = np.asarray(rates, np.float32)
        self.every = every

    def __call__(self, step: Any) -> Any:
        """Return the rate of this step, a float32 scalar."""
        update = ops.floor_divide(ops.cast(step, "int32"), self.every)
        return ops.take(ops.convert_to_tensor(self.rates), ops.clip(update, 0, len(self.rates) - 1))

    def get_config(self) -> dict[str, Any]:
        """Return what it was made with."""
        return {"rates": self.rates.tolist(), "every": self.every}


def read_optimizer(message: TextMessage) -> OptimizerPlan:
    """Return the plan that an `optimizer { … }` message describes.

    Raises `UnsupportedModelError`, with its place, for a kind that optimizer.proto does not have, and as
    `read_schedule` does.
    """
    for kind, reader in _READERS.items():
        if kind in message:
            own = message.message(kind)
            averaged = message.flag("use_moving_average", True)
            return reader(
                own,
                schedule=read_schedule(own.message("learning_rate")),
                average_decay=float(message.number("moving_average_decay", 0.9999)) if averaged else None,
                average_from_zero=True,
            )
    found = message.names[0] if message.names else "nothing"
    fact = "the optimizer is of no kind that optimizer.proto has"
    raise UnsupportedModelError(fact, where=message.where, expected=" or ".join(_READERS), found=found)


def _momentum(message: TextMessage, **options: Any) -> OptimizerPlan:
    return OptimizerPlan("sgd", momentum=float(message.number("momentum_optimizer_value", 0.9)), **options)


def _adam(message: TextMessage, **options: Any) -> OptimizerPlan:
    return OptimizerPlan("adam", epsilon=float(message.number("epsilon", 1e-8)), **options)


def _rms_prop(message: TextMessage, **options: Any) -> OptimizerPlan:
    return OptimizerPlan(
        "rmsprop",
        momentum=float(message.number("momentum_optimizer_value", 0.9)),
        epsilon=float(message.number("epsilon", 1.0)),
        time_decay=float(message.number("decay", 0.9)),
        **options,
    )


_READERS: dict[str, Callable[..., OptimizerPlan]] = {
    "momentum_optimizer": _momentum,
    "adam_optimizer": _adam,
    "rms_prop_optimizer": _rms_prop,
}
"""Field of `Optimizer` → its reader; the defaults are the proto's."""


def warm_cosine(rate: float, updates: int, warmup: int) -> Schedule:
    """Return a rate that rises evenly from a hundredth over `warmup` updates, then falls to 0 as half a cosine."""
    warmup = min(warmup, updates)
    return partial(cosine, base=rate, total_steps=updates, warmup_rate=rate / 100, warmup_steps=warmup)


def sgd(rate: float, updates: int, *, warmup: int = 0, momentum: float = 0.9) -> OptimizerPlan:
    """Momentum with a warm-up and a cosine: what the zoo's SSDs and Faster R-CNNs train with."""
    return OptimizerPlan("sgd", warm_cosine(rate, updates, warmup), momentum=momentum)


def adam(rate: float, updates: int, *, warmup: int = 0) -> OptimizerPlan:
    """Adam (Kingma and Ba, 2015) with a warm-up and a cosine."""
    return OptimizerPlan("adam", warm_cosine(rate, updates, warmup))


def adamw(rate: float, updates: int, *, warmup: int = 0, weight_decay: float = 1e-4) -> OptimizerPlan:
    """AdamW (Loshchilov and Hutter, 2019) with a warm-up and a cosine; decay beside the gradient, not within it."""
    return OptimizerPlan("adamw", warm_cosine(rate, updates, warmup), weight_decay=weight_decay)
