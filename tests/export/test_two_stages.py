"""Exports of two-stage detectors: written, read back by another reader, and compared with the detector itself.

The configurations are the goldens', made small; the weights are made up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.blueprint.reader import read_any
from loadstone.comparison.pictures import generated
from loadstone.runtime.raw import RawDetections
from loadstone.wire.textproto import parse
from tests.detectors.goldens import weights
from tests.runtime import narrow

pytest.importorskip("openvino")

pytestmark = pytest.mark.slow
NAMES = ("faster_rcnn_resnet50_v1_640", "faster_rcnn_resnet50_v1_fpn_640", "mask_rcnn_inception_resnet_v2_1024")
TARGETS = ("openvino", "frozen-graph", "saved-model", "onnx")


def loaded(name: str, shared: Path, folder: Path) -> ls.Model:
    """Return a small detector of a golden's architecture, with weights whose results can be told apart."""
    text = narrow.narrow_config(shared, name)
    if name == "faster_rcnn_resnet50_v1_640":
        # Without normalised deltas made-up weights give one box; the golden's own formula gives many.
        text = text.replace("num_classes: 6", "num_classes: 90").replace("dimension: 96", "dimension: 192")
        changed = weights(shared, name)
    else:
        values = narrow.made_up(read_any(parse(text.encode())).variables)
        changed = {key: value * scale for key, value in values.items() if (scale := _scale(key)) is not None}
    prefix = narrow.checkpoint(folder, text, changed)
    return ls.load(prefix, config=narrow.config_of(prefix))


def _scale(key: str) -> np.float32 | None:
    """Box codes of the order of one, and class logits that spread the scores out and do not saturate them."""
    if "/box_encodings/" in key or ("_box_encod" in key and "kernel" in key):
        return np.float32(0.02)
    return np.float32(0.2) if "_class_predictor_layers/1/ker" in key else None


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_an_export_gives_the_same_detections(name: str, target: str, shared: Path, tmp_path: Path) -> None:
    model = loaded(name, shared, tmp_path / "model")
    raw = model._detector.run([generated(0)])[0]
    # What is compared has to differ by more than the tolerance, or a wrong row, class or mask would pass.
    assert isinstance(raw, RawDetections)
    assert len(np.unique(np.round(raw.boxes), axis=0)) > 2
    assert np.ptp(raw.scores) > 0.02
    if raw.masks is not None:
        assert np.abs(raw.masks - raw.masks.mean()).max() > 0.05
        assert np.ptp(raw.masks, axis=0).max() > 0.01
    done = model.export(target, tmp_path / "made")
    assert all(file.is_file() for file in done.files)
    assert done.detections > 0
    wanted = {"boxes", "scores"} | ({"masks"} if raw.masks is not None else set())
    assert {one.output for one in done.differences} >= wanted
