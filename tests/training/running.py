"""What this room's checks are run on: each backend that is installed, in a process of its own."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.support.children import run_check

__all__ = ["OTHERS", "on_tensorflow", "run_check"]

OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}"))
    for name in ("jax", "torch")
]
"""The backends beside TensorFlow."""

on_tensorflow = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow"),
]
