"""The smallest learner: where the one box's centre lies, by a few convolutions. It trains in a second anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers, ops

from loadstone.facts.dataset import Sample
from loadstone.training.norms import MovingNorm

SIDE = 16
LOSSES = ("Loss/localization_loss", "Loss/classification_loss")


class TinyLearner:
    """See `loadstone.training.learner.Learner`. `noise` is drawn in the step, so that its seed is used."""

    loss_names: Sequence[str] = LOSSES

    def __init__(self, *, noise: float = 0.01, decay: float = 1e-3, frozen: bool = False) -> None:
        keras.utils.set_random_seed(0)
        picture = keras.Input((SIDE, SIDE, 3))
        first = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="first")
        x = MovingNorm(momentum=0.9, name="norm")(first(picture))
        x = layers.Flatten()(layers.Activation("relu")(x))
        self.model = keras.Model(picture, layers.Dense(2, name="centre")(x))
        # Weights of NumPy's making: every backend draws its own from a seed.
        random = np.random.default_rng(5)
        self.model.set_weights(
            [random.normal(0, 0.2, v.shape) if "moving" not in v.path else v for v in self.model.weights]
        )
        first.trainable = not frozen
        self._noise, self._decay = noise, decay

    def encode(self, sample: Sample, random: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
        """Return the picture's upper left corner and the first box's centre."""
        image = np.zeros((SIDE, SIDE, 3), np.float32)
        given = sample.image[:SIDE, :SIDE] / 255
        image[: given.shape[0], : given.shape[1]] = given + np.float32(random.normal(0, 0.01))
        box = sample.boxes[0] if len(sample.boxes) else np.zeros(4, np.float32)
        return {"image": image, "centre": np.asarray([box[0] + box[2], box[1] + box[3]], np.float32) / 2}

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return two halves of the squared distance."""
        image = batch["image"]
        if training and self._noise:
            # A draw that every backend makes alike: keras.random is another sequence on each.
            image = image + self._noise * ops.sin(ops.cast(seed[1], "float32"))
        off = ops.square(self.model(image, training=training) - batch["centre"])
        return {LOSSES[0]: ops.mean(off[:, 0]), LOSSES[1]: ops.mean(off[:, 1])}

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return the last layer's kernel."""
        return [(self.model.get_layer("centre").kernel, self._decay)] if self._decay else []

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return the variables by path."""
        return {v.path: np.asarray(ops.convert_to_numpy(v.value)) for v in self.model.weights}


def batch(number: int, size: int = 4) -> dict[str, npt.NDArray[Any]]:
    """Return a batch that depends on its number alone."""
    random = np.random.default_rng(number)
    image = random.normal(0, 1, (size, SIDE, SIDE, 3)).astype(np.float32)
    return {"image": image, "centre": image[:, :2, 0, 0]}
