"""Layers and models of one's own, as people write them: what `builder.dissolve` takes apart."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.builder import small

ops = keras.ops


class SqueezeExcite(keras.layers.Layer):  # type: ignore[misc]
    """Layers within a layer, a mean by hand, and a row that becomes a map by new axes."""

    def build(self, shape: Any) -> None:
        self.down = keras.layers.Dense(4, activation="relu", name="down")
        self.up = keras.layers.Dense(shape[-1], activation="sigmoid", name="up")
        self.down.build((None, shape[-1]))
        self.up.build((None, 4))
        self.built = True

    def call(self, x: Any) -> Any:
        gate = self.up(self.down(ops.mean(x, axis=(1, 2))))
        return x * gate[:, None, None, :]


class Serf(keras.layers.Layer):  # type: ignore[misc]
    """An activation: x · tanh(softplus(x)), clipped at 6 on one half of the channels."""

    def call(self, x: Any, training: bool | None = None) -> Any:
        first, last = ops.split(x * ops.tanh(ops.softplus(x)), 2, axis=-1)
        return ops.concatenate([ops.clip(first, 0, 6), ops.maximum(last, 0.0)], axis=-1)


class Residual(keras.layers.Layer):  # type: ignore[misc]
    """A block with weights of its own: a kernel, a scale and an offset a channel, one number for all."""

    def __init__(self, channels: int, **options: Any) -> None:
        super().__init__(**options)
        self.channels = channels

    def build(self, shape: Any) -> None:
        size = (self.channels,)
        self.kernel = self.add_weight(shape=(3, 3, shape[-1], self.channels), name="kernel")
        self.mixing = self.add_weight(shape=(self.channels, self.channels), name="mixing")
        self._scales = [self.add_weight(shape=size, name=f"scale_{number}") for number in range(2)]
        self.offset = self.add_weight(shape=size, initializer="zeros", name="offset")
        self.share = self.add_weight(shape=(), initializer="ones", name="share")
        self.fixed = self.add_weight(shape=(), initializer="ones", name="fixed", trainable=False)
        self.short = keras.layers.Conv2D(self.channels, 1, strides=2, padding="same")
        self.norm = keras.layers.BatchNormalization()
        self.short.build(shape)
        self.norm.build((None, None, None, self.channels))
        self.built = True

    def call(self, x: Any, training: bool | None = None) -> Any:
        inside = self._scales[0] * ops.conv(x, self.kernel, strides=2, padding="same")
        inside = ops.matmul(inside, self.mixing) + ops.reshape(self.offset, (1, 1, 1, -1))
        inside = self.norm(inside, training=training) * self._scales[1][None, None, None]
        return self.fixed * ops.relu(self.share * inside + self.short(x))


class Attention(keras.layers.Layer):  # type: ignore[misc]
    """Attention by hand, as MiT has it, and Keras's own; places stand in one line, and are a map again between."""

    def build(self, shape: Any) -> None:
        _, high, wide, channels = shape
        self.sides = high, wide
        self.query, self.keys, self.values = (keras.layers.Dense(channels, name=name) for name in ("q", "k", "v"))
        self.local = keras.layers.DepthwiseConv2D(3, padding="same", name="local")
        self.norm = keras.layers.LayerNormalization(name="norm")
        self.heads = keras.layers.MultiHeadAttention(2, 3, name="heads")
        for layer in (self.query, self.keys, self.values, self.norm):
            layer.build((None, high * wide, channels))
        self.local.build(shape)
        self.heads.build((None, high * wide, channels), (None, high * wide, channels))
        self.built = True

    def call(self, x: Any) -> Any:
        count, channels = self.sides[0] * self.sides[1], x.shape[-1]
        line = self.norm(ops.reshape(x, (-1, count, channels)))
        parts = [ops.reshape(one(line), (-1, count, 2, channels // 2)) for one in (self.query, self.keys, self.values)]
        query, keys, values = (ops.transpose(part, (0, 2, 1, 3)) for part in parts)
        shares = ops.softmax(ops.matmul(query, ops.transpose(keys, (0, 1, 3, 2))) * (channels // 2) ** -0.5)
        found = ops.reshape(ops.transpose(ops.matmul(shares, values), (0, 2, 1, 3)), (-1, count, channels))
        line = found + line
        line = line + ops.reshape(self.local(ops.reshape(line, (-1, *x.shape[1:]))), (-1, count, channels))
        return ops.reshape(line + self.heads(line, line), (-1, *x.shape[1:]))


def attending() -> Any:
    """A model with attention on its map of stride 8."""
    picture = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(8, 3, strides=4, padding="same", name="stem")(picture)
    x = Attention(name="attention")(keras.layers.Conv2D(6, 3, strides=2, padding="same", name="down")(x))
    return shown(keras.Model(picture, x, name="attending"))


def shown(model: Any) -> Any:
    """Give every variable known numbers, so that each of them shows in what comes out."""
    random = np.random.default_rng(4)
    for variable in small.known(model).weights:
        if len(variable.shape) < 2:
            variable.assign(random.uniform(0.5, 1.5, tuple(variable.shape)).astype(np.float32))
    return model


def functional() -> Any:
    """A functional model with a layer of each kind, and a stock layer with an activation of one's own."""
    picture = keras.Input((small.SIDE, small.SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(picture)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation=lambda x: x * ops.sigmoid(1.5 * x))(x)
    for stride, channels in small.CHANNELS.items():
        x = Residual(channels, name=f"block_{stride}")(x)
        x = Serf(name=f"curve_{stride}")(SqueezeExcite(name=f"gate_{stride}")(x))
    return shown(keras.Model(picture, x, name="own"))


class Subclassed(keras.Model):  # type: ignore[misc]
    """A model whose graph nothing shows but its `call`."""

    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.scaling = keras.layers.Rescaling(1 / 127.5, offset=-1)
        self.stem = keras.layers.Conv2D(8, 3, strides=2, padding="same", name="stem")
        self.blocks = [Residual(channels, name=f"block_{stride}") for stride, channels in small.CHANNELS.items()]
        self.curve = Serf()

    def call(self, pictures: Any, training: bool | None = None) -> Any:
        x = self.stem(self.scaling(pictures))
        found = []
        for block in self.blocks:
            x = self.curve(block(x, training=training))
            found.append(x)
        return found


def subclassed() -> Any:
    """The subclassed model, built."""
    model = Subclassed()
    model(keras.Input((small.SIDE, small.SIDE, 3)))
    return shown(model)
