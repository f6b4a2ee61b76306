"""Run as a child on one Keras backend: save a model of every kind of layer, and say which files stock Keras opens.

    python -m tests.checks.keras.innocent_models FOLDER [--open]

With `--open` nothing is saved: it only says which files of the folder open.
The child is there because Keras takes its backend once in a process. What it prints is a JSON list of file names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import constraints, initializers, layers, losses, metrics, ops, optimizers, regularizers


def chain(shape: tuple[int, ...], *parts: Any) -> Any:
    """One layer after the other, as a functional model."""
    start = x = keras.Input(shape)
    for part in parts:
        x = part(x)
    return keras.Model(start, x)


def convolutions() -> Any:
    return chain(
        (16, 16, 4),
        layers.Conv2D(4, 3, padding="same", groups=2, kernel_regularizer=regularizers.L2(1e-4), activation="relu"),
        layers.DepthwiseConv2D(3),
        layers.SeparableConv2D(6, 3, depthwise_regularizer=regularizers.L1(1e-3)),
        layers.Conv2DTranspose(3, 3, strides=2, output_padding=1),
        layers.BatchNormalization(),
        layers.ReLU(6.0),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.Flatten(),
        layers.Dense(3, kernel_constraint=constraints.MaxNorm(2.0)),
    )


def pools() -> Any:
    return chain(
        (16, 16, 4),
        layers.MaxPooling2D(2),
        layers.AveragePooling2D(2, padding="same"),
        layers.ZeroPadding2D(1),
        layers.Cropping2D(1),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.SpatialDropout2D(0.2),
        layers.GlobalMaxPooling2D(),
    )


def normalised() -> Any:
    return chain(
        (8, 8, 4),
        layers.LayerNormalization(),
        layers.GroupNormalization(2),
        layers.UnitNormalization(),
        layers.RMSNormalization(),
        layers.PReLU(),
        layers.LeakyReLU(0.2),
        layers.ELU(),
        layers.Softmax(),
        layers.Activation("gelu"),
        layers.GaussianNoise(0.1),
        layers.AlphaDropout(0.1),
        layers.SpectralNormalization(layers.Conv2D(3, 3)),
        layers.TimeDistributed(layers.Dense(2)),
    )


def recurrent() -> Any:
    return chain(
        (12, 8),
        layers.LSTM(4, return_sequences=True, recurrent_dropout=0.1),
        layers.GRU(4, return_sequences=True, reset_after=False),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.RNN([layers.LSTMCell(3), layers.GRUCell(3)], return_sequences=True),
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2),
        layers.SimpleRNN(2),
    )


def attentive() -> Any:
    start = keras.Input((12, 8))
    parts = [
        layers.MultiHeadAttention(2, 4, dropout=0.1)(start, start),
        layers.Attention()([start, start]),
        layers.AdditiveAttention()([start, start]),
        layers.GroupQueryAttention(4, 4, 2)(start, start),
    ]
    x = layers.Concatenate()(parts)
    for merge in (layers.Add(), layers.Multiply(), layers.Average(), layers.Maximum(), layers.Subtract()):
        x = merge([x, x])
    return keras.Model(start, layers.Dot(1)([x, x]))


def operations() -> Any:
    start = keras.Input((8,))
    x = ops.concatenate([ops.relu(start * 2 + 1), start], axis=-1)
    return keras.Model(start, [ops.mean(ops.expand_dims(x[:, :3], 1), axis=1), ops.softmax(x)])


def words() -> Any:
    start = keras.Input((5,), dtype="int32")
    return keras.Model(start, layers.GRU(3)(layers.Embedding(20, 4, mask_zero=True)(start)))


def nested() -> Any:
    inner = keras.Sequential([layers.Conv2D(3, 3), layers.Dropout(0.5)], name="inner")
    return chain((16, 16, 4), inner, keras.Sequential([layers.Flatten(), layers.Dense(2, dtype="mixed_float16")]))


def plain() -> Any:
    kernel = initializers.Orthogonal()
    first = layers.Dense(3, activation="selu", use_bias=False, kernel_initializer=kernel)
    return keras.Sequential([keras.Input((4,)), first, layers.Rescaling(0.5)])


def mobile() -> Any:
    return keras.applications.MobileNetV3Small((64, 64, 3), weights=None, classes=5)


MODELS: tuple[Callable[[], Any], ...] = (
    convolutions, pools, normalised, recurrent, attentive, operations, words, nested, plain, mobile,
)  # fmt: skip
COMPILED: tuple[Callable[[], tuple[Any, Any, Any]], ...] = (
    lambda: ("adam", "mse", ["accuracy"]),
    lambda: (
        optimizers.AdamW(optimizers.schedules.CosineDecay(1e-3, 100), clipnorm=1.0),
        losses.CategoricalFocalCrossentropy(),
        [metrics.AUC()],
    ),
    lambda: (optimizers.SGD(0.1, momentum=0.9, nesterov=True), losses.Huber(), []),
)


def opened(path: Path) -> bool:
    """Whether stock Keras opens what it wrote; it does not open all of its own HDF5."""
    try:
        keras.saving.load_model(path, compile=False)
    except Exception:
        # Keras raises whatever its layers raise; what does not open is not innocent.
        return False
    return True


def main(folder: Path) -> None:
    """Write the models and print the names of those that open."""
    names = []
    for number, make in enumerate(MODELS):
        model = make()
        optimizer, loss, measured = COMPILED[number % len(COMPILED)]()
        model.compile(optimizer, loss, metrics=measured)
        for ending in ("keras", "h5"):
            path = folder / f"{make.__name__}.{ending}"
            model.save(path)
            if opened(path):
                names.append(path.name)
    print(json.dumps(names))


if __name__ == "__main__":
    if "--open" in sys.argv:
        print(json.dumps([path.name for path in sorted(Path(sys.argv[1]).iterdir()) if opened(path)]))
    else:
        main(Path(sys.argv[1]))
