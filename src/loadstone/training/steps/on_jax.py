"""The step on JAX: one pure function of all variables, compiled once; their buffers are handed on, not copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jax
import keras

from loadstone.training.steps.engine import REGULARIZATION, TOTAL, StepResult
from loadstone.training.steps.variables import (
    arrays_of,
    assign,
    global_norm,
    kept,
    named,
    regularization,
    scale_of,
    swapped,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.training.averages import MovingAverages
    from loadstone.training.learner import Arrays, Learner


class JaxStep:
    """See `engine.Step`. Between steps the values live here, and the Keras variables are stale."""

    def __init__(self, learner: Learner, optimizer: Any, averages: MovingAverages | None) -> None:
        self._learner, self._optimizer, self._averages = learner, optimizer, averages
        model = learner.model
        optimizer.build(model.trainable_variables)
        own = list(averages.averages) if averages else []
        self._groups = (model.trainable_variables, model.non_trainable_variables, optimizer.variables, own)
        self._named = named(learner, optimizer, own)
        self._terms = learner.l2()
        self._values = self._taken()
        self._step = jax.jit(self._compiled, donate_argnums=(0,))
        self._losses = jax.jit(self._only_losses, static_argnames="training")
        self._average = jax.jit(self._averaged, donate_argnums=(1,))

    def _taken(self) -> list[list[Any]]:
        # A donated buffer is gone after the step, and the Keras variable would still point at it: copies are given.
        return [_copied([variable.value for variable in group]) for group in self._groups]

    def _scope(self, *groups: Sequence[Any]) -> Any:
        """Return a scope in which the Keras variables of the first groups have these values."""
        given = [(own, values) for own, values in zip(self._groups, groups, strict=False) if values]
        pairs = [pair for own, values in given for pair in zip(own, values, strict=True)]
        return keras.StatelessScope(state_mapping=pairs)

    def __call__(self, arrays: Arrays, seed: npt.NDArray[np.int32]) -> StepResult:
        """See `engine.Step`."""
        self._values[:3], *found = self._step(self._values[:3], placed(arrays), seed)
        losses, norm, scale = jax.device_get(found)
        return StepResult(self._told(losses), float(norm), float(scale))

    def _told(self, losses: Mapping[str, Any]) -> dict[str, float]:
        """Return the losses as numbers in their order, which JAX's dicts do not keep."""
        order = [name for name in (*self._learner.loss_names, REGULARIZATION, TOTAL) if name in losses]
        return {name: float(losses[name]) for name in order}

    def _compiled(self, values: list[list[Any]], batch: Mapping[str, Any], seed: Any) -> Any:
        trained, fixed, state = values

        def summed(trained: Sequence[Any]) -> Any:
            return self._summed(trained, fixed, state, batch, seed)

        gradients, (losses, moved, scale) = jax.grad(summed, has_aux=True)(trained)
        norm = global_norm(gradients) / scale
        gradients = kept(gradients, losses[TOTAL], norm, self._optimizer)
        trained, state = self._optimizer.stateless_apply(state, gradients, trained)
        return [list(trained), moved, list(state)], losses, norm, scale

    def _summed(self, trained: Any, fixed: Any, state: Any, batch: Any, seed: Any) -> Any:
        """Return the loss that is derived, and beside it losses, moved variables and the loss's scale."""
        with self._scope(trained, fixed, state) as scope:
            losses = dict(self._learner.losses(batch, training=True, seed=seed))
            total = sum(losses.values())
            if self._terms:
                losses[REGULARIZATION] = regularization(self._terms)
                total += losses[REGULARIZATION]
            losses[TOTAL] = total
            scaled, scale = self._optimizer.scale_loss(total), scale_of(self._optimizer)
        return scaled, (losses, [scope.get_current_value(variable) for variable in self._groups[1]], scale)

    def average(self, updates: int) -> None:
        """See `engine.Step`."""
        if self._averages:
            self._values[3] = self._average(self._values[0], self._values[3], updates)

    def _averaged(self, trained: Any, averages: Any, updates: Any) -> Any:
        with self._scope(trained, (), (), averages) as scope:
            self._averages.update(updates)  # type: ignore[union-attr]
        return [scope.get_current_value(variable) for variable in self._groups[3]]

    def losses(self, arrays: Arrays, seed: npt.NDArray[np.int32], *, training: bool) -> Mapping[str, float]:
        """See `engine.Step`."""
        return self._told(jax.device_get(self._losses(self._values[:2], placed(arrays), seed, training=training)))

    def _only_losses(self, values: Any, batch: Mapping[str, Any], seed: Any, *, training: bool) -> Any:
        with self._scope(*values):
            return dict(self._learner.losses(batch, training=training, seed=seed))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """See `engine.Step`."""
        self._give_back()
        return arrays_of(self._named)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """See `engine.Step`."""
        assign(self._named, state)
        self._values = self._taken()

    def _give_back(self) -> None:
        """Put the present values into the Keras variables."""
        for group, values in zip(self._groups, self._values, strict=True):
            for variable, value in zip(group, _copied(values), strict=True):
                variable.assign(value)

    @contextmanager
    def settled(self) -> Iterator[None]:
        """See `engine.Step`."""
        self._give_back()
        with swapped(self._groups[0], self._groups[3]):
            trained, self._values[0] = self._values[0], [variable.value for variable in self._groups[0]]
            try:
                yield
            finally:
                self._values[0] = trained


def _copied(values: list[Any]) -> list[Any]:
    """Return copies of arrays, where they lie. `jnp.copy` would compile a program for every shape."""
    copies: list[Any] = jax.device_put(values, may_alias=False)
    return copies


def placed(arrays: Arrays) -> dict[str, Any]:
    """Return a batch where it is computed: its pictures shared out over the devices, where Keras has several."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return dict(arrays)
    from keras.distribution import distribute_tensor

    return {name: distribute_tensor(array, distribution.get_data_layout(array.shape)) for name, array in arrays.items()}
