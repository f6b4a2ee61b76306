"""What stands beside a network: variables that no output needs but that decay."""

from __future__ import annotations

import pytest

pytest.importorskip("keras")

from loadstone.training.trainable import Beside


def test_names_hold_nothing_that_a_backend_keeps_for_itself() -> None:
    """PyTorch refuses dots in a parameter's name, Keras slashes: an EfficientDet did not train there."""
    layer = Beside({"model/_extractor/top_conv/kernel": (1, 2), "model/a.b/kernel": (3,)}, name="beside")
    layer.build((None, 4))
    assert [tuple(one.shape) for one in layer.weights] == [(1, 2), (3,)]
    assert not any(set(one.name) & {".", "/"} for one in layer.weights)
