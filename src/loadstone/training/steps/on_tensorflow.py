"""The step on TensorFlow: one `tf.function`, traced once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from loadstone.training.steps.engine import REGULARIZATION, TOTAL, StepResult
from loadstone.training.steps.fused_updates import is_fused, update
from loadstone.training.steps.variables import arrays_of, assign, kept, named, scale_of, swapped

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.training.averages import MovingAverages
    from loadstone.training.learner import Arrays, Learner


class TensorflowStep:
    """See `engine.Step`."""

    def __init__(self, learner: Learner, optimizer: Any, averages: MovingAverages | None) -> None:
        self._learner, self._optimizer, self._averages = learner, optimizer, averages
        self._trained = learner.model.trainable_variables
        optimizer.build(self._trained)
        self._variables = named(learner, optimizer, averages.averages if averages else ())
        self._terms = learner.l2()
        # Learners say what loops and branches there are in Keras's words: AutoGraph would rewrite Python for nothing.
        self._step = tf.function(self._compiled, autograph=False)
        self._losses = tf.function(self._only_losses, autograph=False)
        self._average = tf.function(averages.update if averages else lambda updates: None)

    def __call__(self, arrays: Arrays, seed: npt.NDArray[np.int32]) -> StepResult:
        """See `engine.Step`."""
        losses, norm, scale = self._step(_tensors(arrays), tf.constant(seed))
        return StepResult({name: float(value) for name, value in losses.items()}, float(norm), float(scale))

    def _compiled(self, batch: Mapping[str, Any], seed: Any) -> tuple[dict[str, Any], Any, Any]:
        optimizer = self._optimizer
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            trained = [variable.value for variable in self._trained]
            tape.watch(trained)
            losses = dict(self._learner.losses(batch, training=True, seed=seed))
            total = tf.add_n(list(losses.values()))
            if self._terms:
                losses[REGULARIZATION] = _regularization(self._terms)
                total += losses[REGULARIZATION]
            scaled = optimizer.scale_loss(total)
        losses[TOTAL] = total
        gradients = tape.gradient(scaled, trained)
        scale = tf.identity(scale_of(optimizer))
        # One operation a gradient, where Keras's words for it are five, each traced, placed and optimised at the start.
        norm = tf.linalg.global_norm(gradients) / scale
        if is_fused(optimizer):
            update(optimizer, gradients, self._trained, norm, tf.math.is_finite(total + norm))
        else:
            optimizer.apply(kept(gradients, total, norm, optimizer), self._trained)
        return losses, norm, scale

    def losses(self, arrays: Arrays, seed: npt.NDArray[np.int32], *, training: bool) -> Mapping[str, float]:
        """See `engine.Step`."""
        found = self._losses(_tensors(arrays), tf.constant(seed), training)
        return {name: float(value) for name, value in found.items()}

    def _only_losses(self, batch: Mapping[str, Any], seed: Any, training: bool) -> Mapping[str, Any]:
        return self._learner.losses(batch, training=training, seed=seed)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """See `engine.Step`."""
        return arrays_of(self._variables)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """See `engine.Step`."""
        assign(self._variables, state)

    def average(self, updates: int) -> None:
        """See `engine.Step`."""
        if self._averages:
            self._average(tf.constant(updates))

    def settled(self) -> AbstractContextManager[None]:
        """See `engine.Step`; the Keras variables are the ones that move."""
        return swapped(self._trained, self._averages.averages if self._averages else ())


def _tensors(arrays: Arrays) -> dict[str, Any]:
    return {name: tf.convert_to_tensor(array) for name, array in arrays.items()}


def _regularization(terms: Sequence[tuple[Any, float]]) -> Any:
    """Return the sum of c·Σw² over (variable, c); a kernel halves the sum and has a gradient of one operation."""
    return tf.add_n([tf.nn.l2_loss(variable.value) * (2 * share) for variable, share in terms])
