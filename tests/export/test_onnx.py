"""ONNX Runtime takes the exported ONNX files, and gives what the rebuilt detectors give."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import loadstone as ls
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated
from tests.export import narrow
from tests.export.test_export import DETECTORS

pytest.importorskip("openvino")
runtime = pytest.importorskip("onnxruntime")

from loadstone.export.onnx_network import BUILDERS  # noqa: E402 - needs the optional engine
from loadstone.export.reopen import detections_of  # noqa: E402
from loadstone.runtime.openvino_network import BUILDERS as OPERATIONS  # noqa: E402

Run = Callable[[npt.NDArray[np.uint8]], Mapping[str, Any]]


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
    path = model.export("onnx", tmp_path / "made").path
    run = session(path)
    for number in range(2):
        picture = generated(number)
        height, width = picture.shape[:2]
        theirs = detections_of(run(picture), height, width)
        found = compare(
            model._detector.run([picture])[0], theirs, size=(height, width), image="", tolerance=Tolerance()
        )
        assert found.agree, found
        assert found.paired + found.at_the_cut // 2 == found.theirs >= 20


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
