"""Layers whose variables begin as zeros that NumPy lays down, because a file's values, or drawn ones, follow at once.

Keras would draw every kernel at random first. On JAX each shape of each initializer is a program of its own, compiled
before it runs: a third of the time to a first training step. What a layer is saved with stays its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt


@contextmanager
def unfilled(layer: Any) -> Iterator[None]:
    """Let the variables that the Keras layer makes within the context be zeros; its initializers are back after it."""
    own = {name: value for name, value in vars(layer).items() if name.endswith("_initializer")}
    for name in own:
        setattr(layer, name, _zeros)
    try:
        yield
    finally:
        for name, value in own.items():
            setattr(layer, name, value)


def _zeros(shape: Sequence[int], dtype: Any = None) -> npt.NDArray[Any]:
    # NumPy knows no bfloat16: Keras casts what it gets to the variable's own dtype.
    return np.zeros(shape, np.float32)
