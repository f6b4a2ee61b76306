"""ONNX Runtime takes the exported ONNX files, and gives what the rebuilt detectors give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import loadstone as ls
from tests.export import narrow
from tests.export.conftest import Detectors
from tests.export.held import LARGEST, holds
from tests.export.test_export import DETECTORS
from tests.export.two_stages import NAMES, Run, compared, outputs_told_apart

pytest.importorskip("openvino")
runtime = pytest.importorskip("onnxruntime")

from loadstone.export.onnx_network import BUILDERS  # noqa: E402 - needs the optional engine
from loadstone.runtime.openvino.openvino_network import BUILDERS as OPERATIONS  # noqa: E402


def session(path: Path) -> Run:
    """Open a file in ONNX Runtime."""
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    opened = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in opened.get_outputs()]
    return lambda picture: dict(zip(names, opened.run(names, {"input_tensor": picture[None]}), strict=True))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "keypoints" else pytest.mark.slow) for name in DETECTORS]
)
def test_onnx_runtime_gives_the_same(name: str, tmp_path: Path) -> None:
    folder = narrow.checkpoint(tmp_path / "model", DETECTORS[name])
    (folder / "label_map.pbtxt").write_text('item { id: 1 name: "person" }')
    model = ls.load(folder)
    done = model.export("onnx", tmp_path / "out" / "made")
    holds(done)
    assert all(one.largest <= LARGEST for one in done.differences)
    run = session(done.path)
    for number in range(2):
        found = compared(model, run, number)
        assert found.agree, found
        assert found.paired + found.at_the_cut // 2 == found.theirs >= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_onnx_runtime_gives_the_same_of_two_stages(name: str, two_stages: Detectors, tmp_path: Path) -> None:
    model = two_stages(name)
    wanted = outputs_told_apart(model)
    done = model.export("onnx", tmp_path / "out" / "made")
    holds(done, least=1, outputs=wanted)
    run = session(done.path)
    for number in range(2):
        found = compared(model, run, number)
        assert found.agree, found
        assert found.paired + found.at_the_cut // 2 == found.theirs > 2
        assert {one.output for one in found.differences} >= wanted


def test_the_file_is_a_valid_model_with_its_names(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    folder = narrow.checkpoint(tmp_path / "model", DETECTORS["fpnlite"])
    (folder / "label_map.pbtxt").write_text('item { id: 2 name: "cat" }')
    model = onnx.load(str(ls.load(folder).export("onnx", tmp_path / "made.onnx").path))
    onnx.checker.check_model(model, full_check=True)
    assert {entry.key: json.loads(entry.value) for entry in model.metadata_props} == {"names": {"2": "cat"}}
    assert [output.name for output in model.graph.output][:4] == [
        "detection_boxes",
        "detection_scores",
        "detection_classes",
        "num_detections",
    ]


def test_every_operation_of_a_network_is_written() -> None:
    assert BUILDERS.keys() == OPERATIONS.keys()
