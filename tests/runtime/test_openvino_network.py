"""A network built straight from its nodes computes what the original computed with the same weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.detectors.resizers import fixed_shape
from loadstone.errors import FormatError
from tests.blueprint.test_network import mobilenet_v2_fpnlite
from tests.detectors.goldens import picture, sample, weights

openvino = pytest.importorskip("openvino")

from loadstone.runtime.openvino.openvino_network import to_openvino  # noqa: E402 - needs the optional engine


def test_raw_outputs_equal_the_original(shared: Path) -> None:
    name = "ssd_mobilenet_v2_fpnlite_320"
    model = to_openvino(mobilenet_v2_fpnlite(320), weights(shared, name))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    normalised = (picture(shared, 426, 640) * np.float32(2 / 255) - 1).astype(np.float32)
    outputs = compiled({"picture": fixed_shape(normalised, 320, 320).image[None]})
    for tensor in ("box_encodings", "class_predictions_with_background"):
        ours, original = sample(shared, name, f"prediction/{tensor}", np.asarray(outputs[tensor]))
        assert np.abs(ours - original).max() <= 1e-4 * np.asarray(outputs[tensor]).std()


def test_a_missing_or_misshapen_value_is_named() -> None:
    network = mobilenet_v2_fpnlite(64)
    with pytest.raises(FormatError, match="Conv1/kernel"):
        to_openvino(network, {})
    with pytest.raises(FormatError, match="another shape"):
        to_openvino(network, {key: np.zeros((1,), np.float32) for key in network.variables})
