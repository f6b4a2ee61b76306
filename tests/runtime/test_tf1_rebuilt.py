"""TF1's SSDs, rebuilt: raw outputs and detections are the original's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.runtime.ssd_reading import ssd_detections
from tests.blueprint.test_reader import golden_blueprint
from tests.blueprint.test_tf1 import GOLDENS
from tests.detectors.goldens import picture, sample, weights

openvino = pytest.importorskip("openvino")

from loadstone.runtime import convert_rebuilt  # noqa: E402 - needs the optional engine
from loadstone.runtime.picture_front import picture_front  # noqa: E402


@pytest.mark.parametrize("name", GOLDENS)
def test_outputs_and_detections_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden_blueprint(shared, name)
    front = picture_front(blueprint.resizer, blueprint.normalisation)
    network = convert_rebuilt._network(blueprint, weights(shared, name), *front)
    compiled = openvino.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    outputs = compiled([picture(shared, 426, 640).astype(np.uint8)[None]])
    raw = [np.asarray(outputs[0]), np.asarray(outputs[1])]
    for array, tensor in zip(raw, ("box_encodings", "class_predictions_with_background"), strict=True):
        ours, theirs = sample(shared, name, f"prediction/{tensor}", array)
        assert np.abs(ours - theirs).max() < 1e-4 * array.std()

    ending = convert_rebuilt._ending(blueprint)
    found = ssd_detections(ending.options, ending.arrays)(raw, 426, 640)
    golden = np.load(shared / "goldens" / f"{name}.npz")
    count = int(golden["detections|num_detections"].reshape(-1)[0])
    assert len(found) == count
    np.testing.assert_array_equal(found.class_ids - 1, golden["detections|detection_classes"].reshape(-1)[:count])
    np.testing.assert_allclose(found.scores, golden["detections|detection_scores"].reshape(-1)[:count], atol=1e-5)
    yxyx = found.boxes[:, [1, 0, 3, 2]] / np.array([426, 640, 426, 640], np.float32)
    np.testing.assert_allclose(yxyx, golden["detections|detection_boxes"].reshape(-1, 4)[:count], atol=1e-4)
