"""The small models that restoring is tested with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def small(keras: Any, *, named: bool = True, classes: int = 5) -> Any:
    """Return two convolutions, a batch norm and a dense layer; 10 variables."""
    layers = keras.layers
    names: dict[str, dict[str, str]] = {
        name: {"name": name} if named else {} for name in ("first", "norm", "second", "head")
    }
    picture = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, **names["first"])(picture)
    x = layers.BatchNormalization(**names["norm"])(x)
    x = layers.Conv2D(4, 3, **names["second"])(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(picture, layers.Dense(classes, **names["head"])(x))


def values(model: Any) -> list[npt.NDArray[np.float32]]:
    """Return made-up values for a model's weights, the same each time and no two alike."""
    random = np.random.default_rng(7)
    return [random.uniform(0.5, 1.5, tuple(variable.shape)).astype(np.float32) for variable in model.weights]
