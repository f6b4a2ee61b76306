"""A Faster R-CNN's first stage computes the original's proposals' input from the same picture and weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loadstone.detectors.resizers import keep_aspect_ratio
from loadstone.runtime.openvino.openvino_network import to_openvino
from tests.blueprint.test_faster_rcnn import golden
from tests.detectors.goldens import picture, sample, weights

TOLERANCE = 1e-4
"""In units of each output's standard deviation; 2e-5 was the largest that any golden showed."""

OUTPUTS = {
    "features_0": "prediction/feature_maps/0",
    "box_encodings": "prediction/rpn_box_encodings",
    "objectness": "prediction/rpn_objectness_predictions_with_background",
}


def test_first_stage(shared: Path) -> None:
    openvino = pytest.importorskip("openvino")
    name = "faster_rcnn_resnet50_v1_640"
    blueprint = golden(shared, name)
    resized = keep_aspect_ratio(picture(shared, 426, 640), *blueprint.resizer.size, pad=True).image
    given = resized - np.array(blueprint.normalisation.mean, np.float32)
    model = to_openvino(blueprint.first_stage, weights(shared, name))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled({"picture": given[None].astype(np.float32)})
    recorded = json.loads((shared / "goldens" / f"{name}.json").read_text())["tensors"]
    for output, tensor in OUTPUTS.items():
        ours, theirs = sample(shared, name, tensor, np.asarray(results[output]))
        assert np.abs(ours - theirs).max() <= TOLERANCE * recorded[tensor]["std"], output
