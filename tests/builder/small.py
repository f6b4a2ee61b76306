"""Small functional Keras models that stand for backbones: few channels, every stride from 4 to 32."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np

SIDE = 64
CHANNELS = {4: 8, 8: 12, 16: 16, 32: 24}


def known(model: Any) -> Any:
    """Give every variable numbers of NumPy's: Keras on OpenVINO compiles a network for each one that it made itself."""
    random = np.random.default_rng(1)
    for variable in model.weights:
        last, shape = variable.path.rpartition("/")[2], tuple(variable.shape)
        if len(shape) > 1:
            value = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        else:
            value = np.full(shape, 1.0 if last in ("gamma", "moving_variance") else 0.0)
        variable.assign(value.astype(variable.dtype))
    return model


@cache
def plain(side: int | None = SIDE, *, top: bool = False) -> Any:
    """A chain of convolutions with batch norms; `top` puts a classifier behind it."""
    picture = keras.Input((side, side, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="stem")(picture)
    for stride, channels in CHANNELS.items():
        x = keras.layers.SeparableConv2D(channels, 3, strides=2, padding="same", name=f"down_{stride}")(x)
        x = keras.layers.BatchNormalization(name=f"norm_{stride}")(x)
        x = keras.layers.ReLU(6.0, name=f"relu_{stride}")(x)
    if top:
        x = keras.layers.Flatten()(x)
        x = keras.layers.Dense(10, activation="softmax")(x)
    return known(keras.Model(picture, x, name="plain"))


def residual() -> Any:
    """Residual blocks whose last one of a stride begins the next stride, as ResNetV2's; "valid" windows at first."""
    picture = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(picture)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="valid", name="stem")(x)
    for stride, channels in CHANNELS.items():
        inside = keras.layers.Activation("silu", name=f"inside_{stride}")(x)
        down = keras.layers.Conv2D(channels, 3, strides=2, padding="same", name=f"down_{stride}")(inside)
        short = keras.layers.Conv2D(channels, 1, strides=2, padding="same", name=f"short_{stride}")(x)
        x = keras.layers.Add(name=f"sum_{stride}")([down, short])
    return known(keras.Model(picture, x, name="residual"))


def every_layer() -> Any:
    """One of every kind of layer and operation that has a form, a model within the model, and a layer used twice."""
    layers, ops = keras.layers, keras.ops
    picture = keras.Input((SIDE, SIDE, 3))
    x = layers.RandomFlip("horizontal")(picture)
    x = layers.Normalization(mean=[100.0, 110.0, 120.0], variance=[2500.0, 3600.0, 4900.0])(x)
    x = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    x = layers.Conv2D(8, 3, strides=2, padding="valid", activation="gelu")(x)
    x = layers.Conv2D(8, (1, 3), padding="same", groups=2, activation="tanh")(x)
    x = layers.Conv2D(16, 3, padding="same", groups=8, activation="elu")(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.GaussianNoise(0.1)(layers.Dense(12, activation="mish")(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, activation="softplus")(x)
    x = layers.BatchNormalization(scale=False)(layers.SpatialDropout2D(0.1)(x))
    x = layers.BatchNormalization(center=False)(layers.LeakyReLU(negative_slope=0.1)(x))
    gate = layers.Reshape((1, 1, 24))(layers.GlobalAveragePooling2D()(x))
    gate = layers.Dense(24, activation="hard_sigmoid")(layers.Conv2D(6, 1, activation="relu")(gate))
    x = layers.Multiply()([x, gate])
    twice = layers.Conv2D(24, 3, padding="same", use_bias=False)
    x = layers.Average()([twice(x), layers.Subtract()([twice(twice(x)), x])])
    inner = keras.Sequential([layers.SeparableConv2D(16, 3, padding="valid"), layers.Softmax(), layers.ELU(0.5)])
    x = layers.Cropping2D(((0, 1), (1, 0)))(inner(layers.ZeroPadding2D(((2, 1), (1, 2)))(x)))
    x = layers.Concatenate()([layers.MaxPooling2D(3, 2, "same")(x), layers.AveragePooling2D(2, 2, "same")(x)])
    x = (x * 0.5 + 3.0) / np.linspace(1, 2, 32).astype(np.float32).reshape(1, 1, 1, 32) - 1.0
    x = ops.silu(x) + ops.leaky_relu(2.0 - x, negative_slope=0.3) * ops.sigmoid(ops.gelu(x, approximate=True))
    x = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1))(layers.Activation("hard_silu")(x))
    up = layers.Conv2DTranspose(32, 3, strides=2, padding="same")(layers.MaxPooling2D(2)(x))
    up = layers.UpSampling2D(2)(layers.AveragePooling2D(2)(up))
    x = layers.Add()([x, up])
    for _ in range(2):
        x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu6")(x)
    return known(keras.Model(picture, x, name="every"))
