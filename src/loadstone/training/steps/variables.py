"""A learner's and an optimizer's variables under names that a file can hold, and the sums that every backend makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from loadstone.errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.training.learner import Learner


def named(learner: Learner, optimizer: Any, averages: Sequence[Any]) -> dict[str, Any]:
    """Return every variable that training moves, by name; the number in front keeps names apart."""
    weights = {f"weights/{at}/{variable.path}": variable for at, variable in enumerate(learner.model.weights)}
    # Keras numbers optimizers of one kind within a process, so that no path is the same twice.
    state = {
        f"optimizer/{at}/{variable.path.split('/')[-1]}": variable for at, variable in enumerate(optimizer.variables)
    }
    return {**weights, **state, **{f"averages/{at}": variable for at, variable in enumerate(averages)}}


@contextmanager
def swapped(variables: Sequence[Any], others: Sequence[Any]) -> Iterator[None]:
    """Let the variables have the others' values within the context."""
    before = [np.array(ops.convert_to_numpy(variable.value)) for variable in variables] if others else []
    for variable, other in zip(variables, others, strict=False):
        variable.assign(ops.cast(other.value, variable.dtype))
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=False):
            variable.assign(value)


def arrays_of(variables: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Return copies of the variables' values."""
    return {name: np.array(ops.convert_to_numpy(variable.value)) for name, variable in variables.items()}


def assign(variables: Mapping[str, Any], state: Mapping[str, npt.NDArray[Any]]) -> None:
    """Give the variables a state's values; `FormatError` where names or shapes differ, and nothing is assigned then."""
    if variables.keys() != state.keys():
        differing = sorted(variables.keys() ^ state.keys())
        raise FormatError(
            "the checkpoint is not of this training",
            expected=f"{len(variables):,} variables",
            found=f"{len(state):,}, first other: {differing[0]}",
        )
    for name, variable in variables.items():
        if tuple(variable.shape) != state[name].shape:
            expected, found = str(tuple(variable.shape)), str(state[name].shape)
            raise FormatError(
                "a variable of the checkpoint has another shape", where=name, expected=expected, found=found
            )
    for name, variable in variables.items():
        variable.assign(state[name])


def regularization(terms: Sequence[tuple[Any, float]]) -> Any:
    """Return the sum of c·Σw² over (variable, c)."""
    return sum((share * ops.sum(ops.square(variable)) for variable, share in terms), start=ops.zeros((), "float32"))


def global_norm(gradients: Sequence[Any]) -> Any:
    """Return the root of the sum of all squares, in float32; absent gradients count as 0."""
    squares = [ops.sum(ops.square(ops.cast(each, "float32"))) for each in gradients if each is not None]
    return ops.sqrt(sum(squares, start=ops.zeros((), "float32")))


def kept(gradients: Sequence[Any], total: Any, norm: Any, optimizer: Any) -> list[Any]:
    """Return the gradients, or zeros where the loss or their norm is not finite.

    An optimizer that scales the loss looks at the gradients itself: it finds the largest scale by overflowing.
    """
    finite = ops.isfinite(total if scales(optimizer) else total + norm)
    nothing = ops.zeros((), "float32")
    return [None if each is None else ops.where(finite, each, ops.cast(nothing, each.dtype)) for each in gradients]


def scale_of(optimizer: Any) -> Any:
    """Return what the optimizer multiplies the loss by before it is derived, float32; 1 where it does not."""
    return ops.cast(optimizer.dynamic_scale, "float32") if scales(optimizer) else ops.ones((), "float32")


def scales(optimizer: Any) -> bool:
    """Whether the optimizer scales the loss, so that its gradients are scaled too and may overflow."""
    return isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
