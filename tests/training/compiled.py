"""A learner's losses and gradients from a compiled step, on whatever backend Keras has: for checks to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.facts.dataset import Sample
from loadstone.training.learner import Learner

Array = npt.NDArray[Any]


def squares(key: str, boxes: Sequence[Sequence[int]], *, classes: int, size: tuple[int, int] = (64, 64)) -> Sample:
    """Return a grey picture with a noisy rectangle for each box, yxyx in pixels, whose shade tells its class."""
    random = np.random.default_rng(len(boxes))
    image = random.uniform(90, 110, (*size, 3)).astype(np.float32)
    for number, (top, left, bottom, right) in enumerate(boxes):
        shade = 70 * (number % classes) + random.uniform(0, 20, (bottom - top, right - left, 3))
        image[top:bottom, left:right] = shade
    whole = np.asarray(boxes, np.float32).reshape(-1, 4)
    corners = np.asarray(whole / np.asarray([*size, *size], np.float32), np.float32)
    kinds = np.arange(len(boxes), dtype=np.int64) % classes
    return Sample(key=key, image=image, boxes=corners, classes=kinds, weights=np.ones(len(boxes), np.float32))


def batch_of(learner: Learner, samples: Sequence[Sample], random: int = 0) -> dict[str, Array]:
    """Return the samples as the learner takes them."""
    encoded = [learner.encode(sample, np.random.default_rng([random, at])) for at, sample in enumerate(samples)]
    return {name: np.stack([one[name] for one in encoded]) for name in encoded[0]}


def step(learner: Learner, batch: Mapping[str, Array], seed: tuple[int, int] = (0, 0), *, training: bool = True) -> Any:
    """Return (losses by name, norm of each trainable variable's gradient by its path), of one compiled step."""
    seeds = np.asarray(seed, np.int32)
    return _STEPS[keras.backend.backend()](learner, batch, seeds, training)


def _named(variables: Sequence[Any], gradients: Sequence[Any]) -> dict[str, float]:
    """Return the norm of each gradient; a variable that none of the losses sees has none, or one of 0."""
    found = {}
    for variable, gradient in zip(variables, gradients, strict=True):
        norm = 0.0 if gradient is None else float(np.linalg.norm(keras.ops.convert_to_numpy(gradient)))
        found[variable.path] = norm
    return found


def _tensorflow(learner: Learner, batch: Mapping[str, Array], seed: Array, training: bool) -> Any:
    import tensorflow as tf

    variables = learner.model.trainable_variables

    @tf.function  # type: ignore[untyped-decorator]
    def run(arrays: Any, draws: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = learner.losses(arrays, training=training, seed=draws)
            total = sum(losses.values())
        return losses, tape.gradient(
            total, [variable.value for variable in variables], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    losses, gradients = run({name: tf.constant(array) for name, array in batch.items()}, tf.constant(seed))
    return _floats(losses), _named(variables, [tf.convert_to_tensor(each) for each in gradients])


def _jax(learner: Learner, batch: Mapping[str, Array], seed: Array, training: bool) -> Any:
    import jax

    variables = learner.model.trainable_variables
    others = learner.model.non_trainable_variables

    def total(values: Any, arrays: Any, draws: Any) -> Any:
        mapping = list(zip(variables, values, strict=True)) + [(one, one.value) for one in others]
        with keras.StatelessScope(state_mapping=mapping):
            losses = dict(learner.losses(arrays, training=training, seed=draws))
        return sum(losses.values()), losses

    given = [variable.value for variable in variables]
    (_, losses), gradients = jax.jit(jax.value_and_grad(total, has_aux=True))(given, dict(batch), seed)
    return _floats(losses), _named(variables, gradients)


def _torch(learner: Learner, batch: Mapping[str, Array], seed: Array, training: bool) -> Any:
    variables = learner.model.trainable_variables
    arrays = {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}
    losses = learner.losses(arrays, training=training, seed=keras.ops.convert_to_tensor(seed))
    sum(losses.values()).backward()
    return _floats(losses), _named(variables, [variable.value.grad for variable in variables])


_STEPS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}


def _floats(losses: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(keras.ops.convert_to_numpy(keras.ops.stop_gradient(loss))) for name, loss in losses.items()}
