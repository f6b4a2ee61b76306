"""Exports of two-stage detectors: written, read back by another reader, and compared with the detector itself.

The configurations are the goldens', made small; the weights are made up.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.blueprint.reader import read_any
from loadstone.wire.textproto import parse
from tests.runtime import narrow

pytest.importorskip("openvino")

pytestmark = pytest.mark.slow
NAMES = ("faster_rcnn_resnet50_v1_640", "faster_rcnn_resnet50_v1_fpn_640", "mask_rcnn_inception_resnet_v2_1024")
TARGETS = ("openvino", "frozen-graph", "saved-model", "onnx")


def loaded(name: str, shared: Path, folder: Path) -> ls.Model:
    """Return a small detector of a golden's architecture."""
    text = narrow.narrow_config(shared, name)
    values = narrow.made_up(read_any(parse(text.encode())).variables)
    # Box codes of the order of one: made-up weights on 2,048 channels give sides of e^90 pictures otherwise.
    quiet = {key: value * np.float32(0.02) for key, value in values.items() if "box" in key.lower() and "kernel" in key}
    prefix = narrow.checkpoint(folder, text, quiet)
    return ls.load(prefix, config=narrow.config_of(prefix))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_an_export_gives_the_same_detections(name: str, target: str, shared: Path, tmp_path: Path) -> None:
    model = loaded(name, shared, tmp_path / "model")
    done = model.export(target, tmp_path / "made")
    assert all(file.is_file() for file in done.files)
    assert done.detections > 0
    assert {one.output for one in done.differences} >= {"boxes", "scores"}
