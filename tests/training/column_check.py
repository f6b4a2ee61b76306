"""Run by itself on PyTorch: gradients of maps one column wide, in bfloat16 beside float32, as one line of JSON.

Memory that was used before holds large numbers, so that what is left as it was found is seen.
"""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import torch

from loadstone.training.convolutions import KINDS

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    f"{kind}, {kernel} × {kernel}, {high} high": (kind, {"kernel_size": kernel, "high": high, **more})
    for kind, more in (("conv", {"filters": 16}), ("depthwise", {}), ("separable", {"filters": 8}))
    for kernel in (3, 5)
    for high in (1, 3)
}


def main() -> None:
    """Print each case's largest difference, relative to the largest gradient."""
    random = np.random.default_rng(1)
    print(json.dumps({name: _apart(random, *case) for name, case in CASES.items()}))


def _apart(random: np.random.Generator, kind: str, options: dict[str, Any]) -> float:
    high = options.pop("high")
    maps = torch.from_numpy(random.normal(0, 1, (4, high, 1, 16)).astype(np.float32))
    options |= {"strides": 2, "padding": "same", "use_bias": False}
    exact, halves = (
        KINDS[kind].from_config({"name": "one", "dtype": dtype, **options}) for dtype in ("float32", "mixed_bfloat16")
    )
    for layer in (exact, halves):
        layer.build(maps.shape)
    weights = [random.normal(0, 0.3, one.shape).astype(np.float32) for one in exact.weights]
    wanted = _gradients(exact, weights, maps)
    return float(np.max([_largest(wanted, _gradients(halves, weights, maps)) for _ in range(20)]))


def _largest(wanted: list[Any], found: list[Any]) -> float:
    # Unlike `max`, NumPy's does not pass over NaN.
    apart = (float((one - two).abs().max() / one.abs().max()) for one, two in zip(wanted, found, strict=True))
    return float(np.max(list(apart)))


def _gradients(layer: Any, weights: list[Any], maps: Any) -> list[Any]:
    layer.set_weights(weights)
    used = [torch.full((size,), 1e30) for size in (100, 1_000, 10_000, 100_000)]
    del used
    for weight in layer.weights:
        weight.value.grad = None
    (layer(maps).to(torch.float32) ** 2).sum().backward()
    return [weight.value.grad.to(torch.float32).clone() for weight in layer.weights]


if __name__ == "__main__":
    assert keras.backend.backend() == "torch"
    main()
