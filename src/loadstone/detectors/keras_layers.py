"""The layers that stock Keras lacks, registered under `loadstone>`, so that a saved model finds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from loadstone.detectors.interpolate import corner_weights


@keras.saving.register_keras_serializable("loadstone")
class FastAttention(keras.layers.Layer):
    """BiFPN's weighted sum of maps: Σ relu(wᵢ)·xᵢ / (Σ relu(w) + epsilon); weights (inputs, 1)."""

    def __init__(self, epsilon: float = 1e-4, **options: Any) -> None:
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, shapes: Sequence[Any]) -> None:
        """Make one weight per input."""
        self.weight = self.add_weight(shape=(len(shapes), 1), initializer="ones", name="bifpn_combine_weights")
        self.built = True

    def call(self, maps: Sequence[Any]) -> Any:
        """Combine maps of one shape (batch, height, width, channels)."""
        weight = keras.ops.relu(self.weight)
        share = weight / (keras.ops.sum(weight) + self.epsilon)
        total = maps[0] * share[0, 0]
        for number in range(1, len(maps)):
            total = total + maps[number] * share[number, 0]
        return total

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("loadstone")
class ChannelScale(keras.layers.Layer):
    """Multiplies each channel of (batch, …, channels) by its own weight, or all by one: `gamma` (channels or 1,)."""

    def __init__(self, shared: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.shared = shared

    def build(self, shape: Sequence[Any]) -> None:
        """Make one weight a channel, or one."""
        self.gamma = self.add_weight(shape=(1 if self.shared else shape[-1],), initializer="ones", name="gamma")
        self.built = True

    def call(self, maps: Any) -> Any:
        """Multiply."""
        return maps * self.gamma

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "shared": self.shared}


@keras.saving.register_keras_serializable("loadstone")
class ChannelOffset(keras.layers.Layer):
    """Adds its own weight to each channel of (batch, …, channels), or one to all: `beta` (channels or 1,)."""

    def __init__(self, shared: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.shared = shared

    def build(self, shape: Sequence[Any]) -> None:
        """Make one weight a channel, or one."""
        self.beta = self.add_weight(shape=(1 if self.shared else shape[-1],), initializer="zeros", name="beta")
        self.built = True

    def call(self, maps: Any) -> Any:
        """Add."""
        return maps + self.beta

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "shared": self.shared}


@keras.saving.register_keras_serializable("loadstone")
class CornerResize(keras.layers.Layer):
    """Bilinear resizing of (batch, h, w, channels) with corners on corners (`align_corners`), to a fixed size."""

    def __init__(self, height: int, width: int, **options: Any) -> None:
        super().__init__(**options)
        self.height, self.width = height, width

    def call(self, maps: Any) -> Any:
        """Weigh rows, then columns; both as products of matrices."""
        high, wide, channels = maps.shape[1:]
        rows = keras.ops.convert_to_tensor(corner_weights(high, self.height))
        columns = keras.ops.convert_to_tensor(corner_weights(wide, self.width))
        x = keras.ops.matmul(rows, keras.ops.reshape(maps, (-1, high, wide * channels)))
        x = keras.ops.reshape(x, (-1, self.height, wide, channels))
        return keras.ops.matmul(columns, x)

    def compute_output_shape(self, shape: Sequence[Any]) -> tuple[Any, ...]:
        """Return the shape of the result."""
        return (shape[0], self.height, self.width, shape[3])

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "height": self.height, "width": self.width}
