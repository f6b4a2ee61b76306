"""Convolutions that JAX on a processor computes another way than Keras's layers: the same values and gradients."""

from __future__ import annotations

import pytest

from tests.training.running import run_check

pytest.importorskip("keras")
pytest.importorskip("jax")

AS_KERAS_HAS_THEM = ("1 × 1, stride 2", "1 × 1 in groups", "3 × 3", "depthwise, two a channel")


def test_values_and_gradients_are_those_of_keras_layers() -> None:
    found = run_check("tests.training.convolution_check", backend="jax")
    assert len(found) == 15
    for name, (*apart, same_program) in found.items():
        assert len(apart) >= 3, name
        assert all(value < 1e-5 for value in apart), (name, apart)
        assert same_program == (name in AS_KERAS_HAS_THEM), name
