"""A CenterNet's network computes the original's heads from the same picture and weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from loadstone.detectors.resizers import keep_aspect_ratio
from loadstone.runtime.openvino.openvino_network import to_openvino
from tests.blueprint.test_center_net import GOLDENS, golden
from tests.detectors.goldens import picture, sample, weights

TOLERANCE = 1e-4
"""In units of each output's standard deviation; 2.5e-5 was the largest that any of the nine goldens showed."""


EVERY_DAY = ("centernet_mobilenetv2_fpn_kpts", "centernet_resnet50_v2_512")


@pytest.mark.parametrize(
    "name", [name if name in EVERY_DAY else pytest.param(name, marks=pytest.mark.slow) for name in GOLDENS]
)
def test_raw_outputs(name: str, shared: Path) -> None:
    openvino = pytest.importorskip("openvino")
    blueprint = golden(shared, name)
    resized = keep_aspect_ratio(picture(shared, 426, 640), *blueprint.resizer.size, pad=True).image
    normalisation = blueprint.normalisation
    turned = resized[..., ::-1] if normalisation.bgr else resized
    given = (turned - np.array(normalisation.mean, np.float32)) / np.array(normalisation.deviation, np.float32)
    model = to_openvino(blueprint.network, weights(shared, name))
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled({"picture": given[None].astype(np.float32)})
    recorded = json.loads((shared / "goldens" / f"{name}.json").read_text())["tensors"]
    for position, head in enumerate(blueprint.network.outputs):
        # A stack of hourglasses has heads each; the network's outputs are the last one's.
        last = sum(name.startswith(f"prediction/{head}/") for name in recorded) - 1
        tensor = f"prediction/{head}/{last}"
        ours, theirs = sample(shared, name, tensor, np.asarray(results[position]))
        assert np.abs(ours - theirs).max() <= TOLERANCE * recorded[tensor]["std"], head
