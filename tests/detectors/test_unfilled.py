"""Layers that are built to be filled: nothing is drawn, and what they are saved with stays their own."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from loadstone.detectors.unfilled import unfilled


def test_variables_are_zeros_and_the_configuration_is_the_layers_own() -> None:
    """A saved detector that names an initializer of ours would not open without Loadstone."""
    layer = keras.layers.SeparableConv2D(4, 3)
    before = layer.get_config()
    with unfilled(layer):
        layer.build((None, 8, 8, 2))
    assert len(layer.weights) == 3
    assert not any(np.any(one.numpy()) for one in layer.weights)
    assert layer.get_config() == before
