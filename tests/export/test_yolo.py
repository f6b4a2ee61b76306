"""A YOLO in every target: each file is read again when it is made, and gives the detector's boxes in its own engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.comparison.outputs import detections_of
from loadstone.comparison.pictures import generated
from loadstone.detectors.preprocess import preprocess
from loadstone.errors import UnsupportedModelError
from loadstone.export.targets import TARGETS
from loadstone.runtime.raw import RawDetections
from tests.runtime.test_yolo_definition import KINDS, Picture, blueprint_of, found_by, made, noise, prepared
from tests.support.yolo_definition import Box, detections

pytest.importorskip("openvino")

from loadstone.export.reopen_tflite import within
from loadstone.export.run import Exported, export

EVERY_DAY = {("openvino", True, True), ("onnx", True, False), ("tflite", False, False), ("tflite", True, True)}

CASES = [
    pytest.param(target, *kind, marks=() if (target, *kind) in EVERY_DAY else pytest.mark.slow)
    for target in TARGETS
    if target != "checkpoint"
    for kind in KINDS
]


Exports = Callable[[str, bool, bool], Exported]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """A function that makes each export once, for all tests of it."""

    @cache
    def made_once(target: str, pad: bool, agnostic: bool) -> Exported:
        return export(made(pad, agnostic), target, tmp_path_factory.mktemp(target) / "made")

    return made_once


@pytest.mark.parametrize(("target", "pad", "agnostic"), CASES)
def test_every_target_is_read_again_and_gives_the_same(
    target: str, pad: bool, agnostic: bool, exported: Exports
) -> None:
    done = exported(target, pad, agnostic)
    assert done.detections >= 10
    outputs = {one.output: one.largest for one in done.differences}
    assert {"boxes", "scores"} <= outputs.keys()
    assert ("raw scores" in outputs) == (target != "tflite")
    assert all(largest < 2e-4 for largest in outputs.values())


def test_a_checkpoint_for_the_original_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="no configuration for this detector"):
        export(made(False, False), "checkpoint", tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


Run = Callable[[Picture], Mapping[str, npt.NDArray[Any]]]

SIZES = [(96, 96), (1, 1), (20_000, 20)]


def agrees(run: Run, *, pad: bool, agnostic: bool) -> None:
    """Assert that an export finds what the detector finds, in its order; and that its own rows give what it finds.

    On pictures made small or of one colour many places score alike but for rounding, in which engines differ.
    """
    own, plan = made(pad, agnostic), prepared(pad, agnostic)
    for number in range(2):
        picture = generated(number)
        height, width = picture.shape[:2]
        ours, theirs = found_by(plan, picture), detections_of(run(picture), height, width)
        assert len(ours) > 20
        np.testing.assert_array_equal(ours.class_ids, theirs.class_ids)
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-4)
        assert np.abs(ours.boxes - theirs.boxes).max() < 1e-3 * max(height, width)
    for height, width in SIZES:
        picture = noise(height, width)
        outputs = run(picture)
        found = detections_of(outputs, height, width)
        boxes: list[Box] = [tuple(box) for box in (outputs["raw_detection_boxes"][0] * 96).tolist()]
        scores = outputs["raw_detection_scores"][0]
        wanted = detections(blueprint_of(own), boxes, scores, (height, width))
        assert found.class_ids.tolist() == [one.kind for one in wanted]
        sides = np.array([width, height, width, height])
        wanted_boxes = np.array([one.box for one in wanted]).reshape(-1, 4)
        np.testing.assert_allclose(found.boxes / sides, wanted_boxes / sides, atol=1e-3)
        # Row 20,000 of a picture is known to a thousandth of a row in float32, and noise has steep rows.
        np.testing.assert_allclose(scores, plan.outputs(picture)[1][0], atol=1e-3)


@pytest.mark.parametrize(
    ("pad", "agnostic"), [pytest.param(*kind, marks=pytest.mark.slow if kind[0] else ()) for kind in KINDS]
)
def test_onnx_runtime_gives_the_same(pad: bool, agnostic: bool, exported: Exports) -> None:
    runtime = pytest.importorskip("onnxruntime")
    path = exported("onnx", pad, agnostic).path
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    run: Run = lambda picture: dict(zip(names, session.run(None, {"input_tensor": picture[None]}), strict=True))  # noqa: E731
    agrees(run, pad=pad, agnostic=agnostic)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("pad", "agnostic"), KINDS)
def test_tensorflow_gives_the_same(pad: bool, agnostic: bool, exported: Exports) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    path = exported("saved-model", pad, agnostic).path
    serve = tensorflow.saved_model.load(str(path)).signatures["serving_default"]

    def run(picture: Picture) -> Mapping[str, npt.NDArray[Any]]:
        return {name: value.numpy() for name, value in serve(input_tensor=picture[None]).items()}

    agrees(run, pad=pad, agnostic=agnostic)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
def test_tensorflow_runs_the_frozen_graph(exported: Exports) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    path = exported("frozen-graph", True, False).path
    definition = tensorflow.compat.v1.GraphDef.FromString(path.read_bytes())
    names = ["detection_boxes", "detection_scores", "detection_classes", "num_detections"]
    names += ["raw_detection_boxes", "raw_detection_scores"]
    with tensorflow.Graph().as_default() as graph:
        tensorflow.import_graph_def(definition, name="")
        with tensorflow.compat.v1.Session(graph=graph) as session:
            asked = {name: f"{name}:0" for name in names}
            agrees(lambda picture: session.run(asked, {"image_tensor:0": picture[None]}), pad=True, agnostic=False)


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("pad", "agnostic"), [pytest.param(*kind, marks=() if kind == KINDS[0] else pytest.mark.slow) for kind in KINDS]
)
def test_the_interpreter_of_tensorflow_lite_gives_the_same(pad: bool, agnostic: bool, exported: Exports) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    own = blueprint_of(made(pad, agnostic))
    path = exported("tflite", pad, agnostic).path
    interpreter = tensorflow.lite.Interpreter(str(path))
    interpreter.allocate_tensors()
    (taken,), given_back = interpreter.get_input_details(), interpreter.get_output_details()
    for number in range(2):
        picture = generated(number)
        height, width = picture.shape[:2]
        resized = preprocess(picture, own.resizer, own.normalisation)
        interpreter.set_tensor(taken["index"], np.ascontiguousarray(resized.image[None]))
        interpreter.invoke()
        boxes, classes, scores, count = (interpreter.get_tensor(one["index"])[0] for one in given_back)
        real = slice(0, int(count))
        share = np.array(resized.true_shape[:2]) / np.array(resized.image.shape[:2])
        theirs = detections_of(within(boxes[real], scores[real], classes[real], share=share), height, width)
        ours = found_by(prepared(pad, agnostic), picture)
        assert isinstance(ours, RawDetections)
        assert ours.class_ids.tolist() == theirs.class_ids.tolist()
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-4)
        assert np.abs(ours.boxes - theirs.boxes).max() < 1e-3 * max(height, width)
