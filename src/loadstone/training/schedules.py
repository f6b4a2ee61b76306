"""Learning rates by step, as `optimizer.proto` describes them and the TF2 code path computes them.

A schedule is a function from the number of finished updates (the first update uses step 0) to a learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.wire.textmessage import TextMessage

Schedule = Callable[[int], float]
"""Finished updates → learning rate."""


def constant(step: int, *, rate: float) -> float:
    """`constant_learning_rate`."""
    return rate


def cosine(
    step: int, *, base: float, total_steps: int, warmup_rate: float = 0.0, warmup_steps: int = 0, hold_steps: int = 0
) -> float:
    """`cosine_decay_learning_rate`: linear warm-up, the base rate held, then half a cosine down to 0."""
    if step < warmup_steps:
        return warmup_rate + (base - warmup_rate) / warmup_steps * step
    if hold_steps and step <= warmup_steps + hold_steps:
        return base
    if step > total_steps:
        return 0.0
    span = total_steps - warmup_steps - hold_steps
    return 0.5 * base * (1 + math.cos(math.pi * (step - warmup_steps - hold_steps) / span)) if span else base


def manual_step(step: int, *, initial: float, boundaries: tuple[tuple[int, float], ...], warmup: bool = False) -> float:
    """`manual_step_learning_rate`: the rate of the last boundary that was reached, which holds from it on.

    `warmup` goes linearly from the initial rate to the first boundary's over the steps before it.
    """
    rate = initial
    for number, (boundary, after) in enumerate(boundaries):
        if step >= boundary:
            rate = after
        elif number == 0 and warmup:
            return initial + (after - initial) * step / boundary
    return rate


def exponential(
    step: int,
    *,
    base: float,
    decay_steps: int,
    factor: float,
    staircase: bool = True,
    burnin_rate: float = 0.0,
    burnin_steps: int = 0,
    least: float = 0.0,
) -> float:
    """`exponential_decay_learning_rate`; a burn-in rate of 0 stands for the base rate."""
    if step < burnin_steps:
        return burnin_rate or base
    exponent = (step - burnin_steps) / decay_steps
    return max(least, base * float(factor ** (math.floor(exponent) if staircase else exponent)))


def read_schedule(message: TextMessage) -> Schedule:
    """Return the schedule that a `learning_rate { … }` message describes.

    Raises `UnsupportedModelError`, with its line and column, for a kind that `optimizer.proto` does not have, and
    `FormatError` for numbers that describe no schedule.
    """
    for kind, reader in _READERS.items():
        if kind in message:
            return reader(message.message(kind))
    found = message.names[0] if message.names else "nothing"
    fact = "the learning rate is of no kind that optimizer.proto has"
    raise UnsupportedModelError(fact, where=message.where, expected=" or ".join(_READERS), found=found)


def _positive(message: TextMessage, name: str, default: int) -> int:
    value = message.integer(name, default)
    if value <= 0:
        raise FormatError(
            f"{name} has to be above 0", where=message.where_of(name), expected="1 or more", found=str(value)
        )
    return value


def _rate(message: TextMessage, name: str, default: float) -> float:
    value = float(message.number(name, default))
    if not 0.0 <= value < math.inf:
        raise FormatError(
            f"{name} is no rate of learning",
            where=message.where_of(name),
            expected="a number from 0 on",
            found=str(value),
        )
    return value


def _constant(message: TextMessage) -> Schedule:
    return partial(constant, rate=_rate(message, "learning_rate", 0.002))


def _cosine(message: TextMessage) -> Schedule:
    return partial(
        cosine,
        base=_rate(message, "learning_rate_base", 0.002),
        total_steps=_positive(message, "total_steps", 4_000_000),
        warmup_rate=_rate(message, "warmup_learning_rate", 0.0002),
        warmup_steps=message.integer("warmup_steps", 10_000),
        hold_steps=message.integer("hold_base_rate_steps", 0),
    )


def _manual(message: TextMessage) -> Schedule:
    boundaries = tuple(
        (part.integer("step"), _rate(part, "learning_rate", 0.002)) for part in message.messages("schedule")
    )
    if list(boundaries) != sorted(boundaries, key=lambda boundary: boundary[0]):
        raise FormatError("the schedule's steps have to rise", where=message.where_of("schedule"))
    warmup = message.flag("warmup") and bool(boundaries) and boundaries[0][0] > 0
    initial = _rate(message, "initial_learning_rate", 0.002)
    return partial(manual_step, initial=initial, boundaries=boundaries, warmup=warmup)


def _exponential(message: TextMessage) -> Schedule:
    return partial(
        exponential,
        base=_rate(message, "initial_learning_rate", 0.002),
        decay_steps=_positive(message, "decay_steps", 4_000_000),
        factor=float(message.number("decay_factor", 0.95)),
        staircase=message.flag("staircase", True),
        burnin_rate=_rate(message, "burnin_learning_rate", 0.0),
        burnin_steps=message.integer("burnin_steps", 0),
        least=_rate(message, "min_learning_rate", 0.0),
    )


_READERS: dict[str, Callable[[TextMessage], Schedule]] = {
    "cosine_decay_learning_rate": _cosine,
    "manual_step_learning_rate": _manual,
    "exponential_decay_learning_rate": _exponential,
    "constant_learning_rate": _constant,
}
"""Field of `LearningRate` → its reader; the defaults are the proto's."""
