"""A YOLO in every target: each file is read again and gives what the detector gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loadstone.comparison.outputs import detections_of
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated
from loadstone.export.targets import TARGETS
from loadstone.runtime.raw import RawDetections
from tests.runtime.test_yolo import rebuilt
from tests.support.yolo import tiny_yolo

pytest.importorskip("openvino")

from loadstone.export.run import export
from loadstone.runtime.conversion import finish
from loadstone.runtime.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector


@pytest.mark.parametrize("pad", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_gives_the_same(target: str, pad: bool, tmp_path: Path) -> None:
    blueprint = tiny_yolo(size=(96, 96), pad=pad, levels=3)
    # All that scores is kept, so that the operator's own count of boxes cannot tell one from another.
    rule = replace(blueprint.suppression, score_threshold=0.05)
    made = export(rebuilt(replace(blueprint, suppression=rule)), target, tmp_path / "made")
    assert made.detections >= 10
    outputs = {one.output for one in made.differences}
    assert {"boxes", "scores"} <= outputs
    assert ("raw scores" in outputs) == (target != "tflite")


def test_onnx_runtime_gives_the_same(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    own = rebuilt(tiny_yolo(size=(96, 96), pad=True))
    path = export(own, "onnx", tmp_path / "made").path
    session, picture = runtime.InferenceSession(str(path)), generated(1)
    names = [one.name for one in session.get_outputs()]
    outputs = dict(zip(names, session.run(None, {"input_tensor": np.asarray(picture)[None]}), strict=True))
    height, width = picture.shape[:2]
    ours = Detector(finish(conversion_of(own), "CPU")).run([picture])[0]
    assert isinstance(ours, RawDetections)
    theirs = detections_of(outputs, height, width)
    found = compare(ours, theirs, size=(height, width), image="", tolerance=Tolerance())
    assert found.agree, found
    assert found.paired >= 10
