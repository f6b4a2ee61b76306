"""Exports of two-stage detectors: written, read back by another reader, and compared with the detector itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.two_stages import NAMES, PLAIN, loaded, outputs_told_apart

pytest.importorskip("openvino")

TARGETS = ("openvino", "frozen-graph", "saved-model", "onnx")
EVERY_DAY = {(PLAIN, "onnx")}
CASES = [
    pytest.param(name, target, marks=() if (name, target) in EVERY_DAY else pytest.mark.slow)
    for name in NAMES
    for target in TARGETS
]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_an_export_gives_the_same_detections(name: str, target: str, shared: Path, tmp_path: Path) -> None:
    model = loaded(name, shared, tmp_path / "model")
    wanted = outputs_told_apart(model)
    done = model.export(target, tmp_path / "made")
    assert all(file.is_file() for file in done.files)
    assert done.detections > 0
    assert {one.output for one in done.differences} >= wanted
