"""Convolutions that are computed another way than Keras's layers: the same values and gradients."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.training.running import run_check

pytest.importorskip("keras")

AS_KERAS_HAS_THEM = ("1 × 1, stride 2", "1 × 1 in groups", "3 × 3", "depthwise, two a channel")


@pytest.mark.skipif(find_spec("jax") is None, reason="no JAX")
def test_values_and_gradients_are_those_of_keras_layers() -> None:
    found = run_check("tests.training.convolution_check", backend="jax")
    assert len(found) == 15
    for name, (*apart, same_program) in found.items():
        assert len(apart) >= 3, name
        assert all(value < 1e-5 for value in apart), (name, apart)
        assert same_program == (name in AS_KERAS_HAS_THEM), name


@pytest.mark.skipif(find_spec("torch") is None, reason="no PyTorch")
def test_a_column_in_bfloat16_has_the_gradients_of_float32() -> None:
    """PyTorch's own are what the memory held before: 1e30 and beyond, every other time."""
    found = run_check("tests.training.column_check", backend="torch")
    assert len(found) == 12
    assert all(value < 0.05 for value in found.values()), found
