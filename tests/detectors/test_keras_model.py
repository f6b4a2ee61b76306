"""The Keras model of a network computes what the original computed, on every backend that is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import run_check

BACKENDS = [
    pytest.param("tensorflow", marks=pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")),
    pytest.param("jax", marks=[pytest.mark.skipif(find_spec("jax") is None, reason="no JAX"), pytest.mark.slow]),
    pytest.param(
        "torch", marks=[pytest.mark.skipif(find_spec("torch") is None, reason="no PyTorch"), pytest.mark.slow]
    ),
]


def checked(name: str, backend: str, shared: Path) -> dict[str, Any]:
    """Return what `keras_check` prints for one golden on one backend."""
    found = run_check("tests.detectors.keras_check", str(shared), name, backend=backend)
    assert found["backend"] == backend
    return found


def within(differences: dict[str, float], bound: float) -> bool:
    """Whether each is: `max` would pass over NaN."""
    return all(value <= bound for value in differences.values())


@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("keras") is None, reason="no Keras")
@pytest.mark.parametrize("backend", BACKENDS)
def test_raw_outputs_equal_the_original(backend: str, shared: Path) -> None:
    found = checked("ssd_mobilenet_v2_fpnlite_320", backend, shared)
    assert within(found["differences"], 1e-4), found


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow")
@pytest.mark.parametrize(
    "name", ["efficientdet_d0", "efficientdet_d2", "efficientdet_d4", "efficientdet_d6", "efficientdet_d7"]
)
def test_efficientdets_equal_the_original_where_they_are_rounded_as_it_was(name: str, shared: Path) -> None:
    """Raw outputs within 1e-4, the same boxes: what differs on other engines is rounding alone.

    The squeeze of EfficientNet averages 65,536 values, and only TensorFlow's kernels round as the original did:
    tf.reduce_mean is 3.5e-5 of the squeezed values' deviation away from the exact mean there.
    """
    found = checked(name, "tensorflow", shared)
    assert within(found["differences"], 1e-4), found
    assert found["score"] <= 5e-5, found
    # The last of the hundred may be another of its score.
    assert found["lost"] <= 1, found
