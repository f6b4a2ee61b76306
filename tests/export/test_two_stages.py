"""Exports of two-stage detectors: written, read back by another reader, and compared with the detector itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.conftest import Detectors
from tests.export.held import holds, run_by_its_engine
from tests.export.two_stages import NAMES, OPEN, PLAIN, outputs_told_apart

pytest.importorskip("openvino")

TARGETS = ("openvino", "frozen-graph", "saved-model", "onnx")
EVERY_DAY = {(PLAIN, "onnx"), (OPEN, "openvino")}
CASES = [
    pytest.param(name, target, marks=() if (name, target) in EVERY_DAY else pytest.mark.slow)
    for name in NAMES
    for target in TARGETS
    if (name, target) in EVERY_DAY or not run_by_its_engine(target)
]


@pytest.mark.parametrize(("name", "target"), CASES)
def test_an_export_gives_the_same_detections(name: str, target: str, two_stages: Detectors, tmp_path: Path) -> None:
    model = two_stages(name)
    wanted = outputs_told_apart(model)
    holds(model.export(target, tmp_path / "made"), least=1, outputs=wanted)
