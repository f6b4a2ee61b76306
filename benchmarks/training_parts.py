"""Parts of a training step against the plain way to write them: forward and gradients, on TensorFlow, two threads.

    KERAS_BACKEND=tensorflow python -m benchmarks.training_parts [--rounds 9]

Prints the seconds of each side and how many times as long the plain side takes: a batch norm against Keras's own, on a
map of MobileNetV2 at 320 pixels and batch 8; and the focal loss by column number against written-out targets, for the
12,804 anchors and 91 columns of SSD MobileNetV2 FPNLite 320.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np

from benchmarks.clock import medians
from loadstone.training.losses import focal
from loadstone.training.norms import MovingNorm
from loadstone.training.ssd.rows import focal_rows

THREADS = 2
MAP = (8, 80, 80, 144)
ANCHORS, COLUMNS, POSITIVES = 12_804, 91, 100


def main() -> None:
    """Print both comparisons."""
    import tensorflow as tf

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    _show("batch norm", medians(_norms(), rounds))
    _show("focal loss", medians(_losses(), rounds))


def _show(part: str, seconds: dict[str, float]) -> None:
    ours, plain = seconds.values()
    print(f"{part}: ours {ours * 1000:.1f} ms, plain {plain * 1000:.1f} ms, {plain / ours:.2f} times as long")


def _derived(loss: Callable[[Any], Any], value: Any) -> Callable[[], object]:
    """Return a compiled call of the loss's gradient by the value."""
    import tensorflow as tf

    def gradient() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(value)
            total = loss(value)
        return tape.gradient(total, value)

    compiled = tf.function(gradient)
    return lambda: compiled().numpy()


def _norms() -> dict[str, Callable[[], object]]:
    import tensorflow as tf

    value = tf.random.normal(MAP)
    sides: dict[str, Callable[[], object]] = {}
    for name, layer in (("ours", MovingNorm()), ("plain", keras.layers.BatchNormalization())):
        layer.build(MAP)
        sides[name] = _derived(partial(_normalised, layer), value)
    return sides


def _normalised(layer: Any, value: Any) -> Any:
    return keras.ops.sum(layer(value, training=True) ** 2)


def _losses() -> dict[str, Callable[[], object]]:
    import tensorflow as tf

    random = np.random.default_rng(0)
    columns = np.full((8, ANCHORS), -1, np.int32)
    columns[:, random.choice(ANCHORS, POSITIVES, replace=False)] = 5
    logits = tf.constant(random.standard_normal((8, ANCHORS, COLUMNS)).astype(np.float32) - 4)
    numbers = tf.constant(columns)

    def written_out(x: Any) -> Any:
        targets = keras.ops.one_hot(numbers, COLUMNS)
        return keras.ops.sum(focal(x, targets, alpha=0.25, gamma=2.0))

    return {
        "ours": _derived(lambda x: keras.ops.sum(focal_rows(x, numbers, alpha=0.25, gamma=2.0)), logits),
        "plain": _derived(written_out, logits),
    }


if __name__ == "__main__":
    main()
