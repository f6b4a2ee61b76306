"""Run by itself on JAX: layers that train beside Keras's own, values and gradients, as one line of JSON."""

from __future__ import annotations

import json
from typing import Any

import jax
import keras
import numpy as np

from loadstone.training.convolutions import KINDS

STOCK = {
    "conv": keras.layers.Conv2D,
    "depthwise": keras.layers.DepthwiseConv2D,
    "separable": keras.layers.SeparableConv2D,
}

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "1 × 1": ("conv", {"filters": 5, "kernel_size": 1}),
    "1 × 1 with a bias, same": ("conv", {"filters": 5, "kernel_size": 1, "padding": "same", "use_bias": True}),
    "1 × 1, stride 2": ("conv", {"filters": 5, "kernel_size": 1, "strides": 2}),
    "1 × 1 in groups": ("conv", {"filters": 6, "kernel_size": 1, "groups": 3}),
    "3 × 3": ("conv", {"filters": 5, "kernel_size": 3, "padding": "same"}),
    "depthwise": ("depthwise", {"kernel_size": 3, "padding": "same"}),
    "depthwise with a bias, stride 2": (
        "depthwise",
        {"kernel_size": 3, "strides": 2, "padding": "same", "use_bias": True},
    ),
    "depthwise, valid, stride 2": ("depthwise", {"kernel_size": 3, "strides": 2, "padding": "valid"}),
    "depthwise, 5 × 3": ("depthwise", {"kernel_size": (5, 3), "padding": "same"}),
    "depthwise, 4 × 4, stride 3": ("depthwise", {"kernel_size": 4, "strides": 3, "padding": "same"}),
    "depthwise, spread": ("depthwise", {"kernel_size": 3, "padding": "same", "dilation_rate": 2}),
    "depthwise, two a channel": ("depthwise", {"kernel_size": 3, "padding": "same", "depth_multiplier": 2}),
    "separable": ("separable", {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": True}),
    "separable with an activation": ("separable", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
    "separable, stride 2": ("separable", {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2}),
}


def main() -> None:
    """Print each case's largest difference of its values and gradients, relative, and whether it is Keras's program."""
    random = np.random.default_rng(20261128)
    print(json.dumps({name: _apart(kind, options, random) for name, (kind, options) in CASES.items()}))


def _apart(kind: str, options: dict[str, Any], random: np.random.Generator) -> list[float]:
    maps = random.normal(0, 1, (2, 11, 9, 6)).astype(np.float32)
    stock = STOCK[kind](**{"use_bias": False, **options})
    ours = KINDS[kind].from_config(stock.get_config())
    for layer in (stock, ours):
        layer.build(maps.shape)
    weights = [random.normal(0, 0.5, one.shape).astype(np.float32) for one in stock.weights]
    (theirs, their_text), (own, own_text) = (_results(layer, maps, weights) for layer in (stock, ours))
    apart = (float(np.abs(one - two).max() / np.abs(two).max()) for one, two in zip(own, theirs, strict=True))
    return [*apart, own_text == their_text]


def _results(layer: Any, maps: Any, weights: list[Any]) -> tuple[list[Any], str]:
    """Return the values, the gradients by the maps and by each weight, and the program."""

    def values(maps: Any, weights: list[Any]) -> Any:
        return layer.stateless_call(weights, [], maps)[0]

    def summed(maps: Any, weights: list[Any]) -> Any:
        return (values(maps, weights) ** 2).sum()

    every = jax.jit(lambda *given: (values(*given), jax.grad(summed, argnums=(0, 1))(*given)))
    found, (by_maps, by_weights) = every(maps, weights)
    found = [np.asarray(one) for one in (found, by_maps, *by_weights)]
    return found, str(jax.make_jaxpr(values)(maps, weights))


if __name__ == "__main__":
    main()
