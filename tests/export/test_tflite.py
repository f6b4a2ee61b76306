"""TensorFlow Lite's own interpreter runs the exported files, and gives what the rebuilt detectors give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import loadstone as ls
from loadstone.comparison.outputs import detections_of
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated
from loadstone.detectors.preprocess import preprocess
from loadstone.errors import UnsupportedModelError
from loadstone.wire.flatbuffer_writer import flexbuffer_map
from loadstone.wire.flexbuffer import parse
from tests.export import narrow
from tests.export.held import LARGEST, holds
from tests.export.test_export import DETECTORS

pytest.importorskip("openvino")

from loadstone.export.reopen_tflite import within


@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["fpnlite", pytest.param("efficientdet", marks=pytest.mark.slow)])
def test_the_interpreter_gives_the_same(name: str, tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    # As many as all classes together may have: the operator counts boxes outside the picture, too.
    text = DETECTORS[name].replace("total_detections: 40", "total_detections: 90")
    text = text.replace("total_detections: 50", "total_detections: 100")
    model = ls.load(narrow.checkpoint(tmp_path / "model", text))
    done = model.export("tflite", tmp_path / "out" / "made")
    holds(done)
    assert all(one.largest <= LARGEST for one in done.differences)
    interpreter = tensorflow.lite.Interpreter(str(done.path))
    interpreter.allocate_tensors()
    (taken,), given_back = interpreter.get_input_details(), interpreter.get_output_details()
    blueprint = model.rebuilt.blueprint
    for number in range(2):
        picture = generated(number)
        height, width = picture.shape[:2]
        resized = preprocess(picture, blueprint.resizer, blueprint.normalisation)
        interpreter.set_tensor(taken["index"], np.ascontiguousarray(resized.image[None]))
        interpreter.invoke()
        boxes, classes, scores, count = (interpreter.get_tensor(one["index"])[0] for one in given_back)
        real = slice(0, int(count))
        share = np.array(resized.true_shape[:2]) / np.array(resized.image.shape[:2])
        theirs = detections_of(within(boxes[real], scores[real], classes[real], share=share), height, width)
        ours = model._detector.run([picture])[0]
        found = compare(ours, theirs, size=(height, width), image="", tolerance=Tolerance())
        assert found.agree, found
        assert found.paired >= 10


def test_names_and_normalisation_travel_along(tmp_path: Path) -> None:
    folder = narrow.checkpoint(tmp_path / "model", DETECTORS["fpnlite"])
    (folder / "label_map.pbtxt").write_text('item { id: 1 name: "cat" } item { id: 3 name: "dog" }')
    path = ls.load(folder).export("tflite", tmp_path / "made").path
    assert path.name == "made.tflite"
    again = ls.load(path)
    assert again.task == "detection"
    assert again.labels[0] == "cat"
    assert again.labels[2] == "dog"
    (picture,) = ls.inspect(path).details["metadata"]["inputs"]
    assert picture["mean"] == [127.5, 127.5, 127.5]
    assert picture["std"] == [127.5, 127.5, 127.5]


def test_what_is_no_ssd_is_refused_with_the_reason(tmp_path: Path) -> None:
    model = ls.load(narrow.checkpoint(tmp_path / "model", DETECTORS["centernet"]))
    with pytest.raises(UnsupportedModelError, match="knows one box a place"):
        model.export("tflite", tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


values = st.integers(-(2**31), 2**31 - 1) | st.booleans() | st.floats(width=32, allow_nan=False)


@given(st.dictionaries(st.text("abcdefgh_", min_size=1), values, min_size=1))
def test_a_map_that_is_written_is_read(values: dict[str, int | float | bool]) -> None:
    assert parse(flexbuffer_map(values)) == values
