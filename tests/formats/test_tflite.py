"""TFLite models against TensorFlow's own interpreter, and hostile ones against the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, LimitError, TruncatedError, UnsupportedModelError
from loadstone.facts import ModelFile
from loadstone.formats import tflite, tflite_ops, tflite_schema
from loadstone.formats.registry import open_source
from tests.support.flatbuffers import Numbers
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import single
from tests.support.tflite import model, subgraph
from tests.support.tflite import tflite as made


def read(data: bytes) -> ModelFile:
    """Read and touch everything that is lazy."""
    found = tflite.read(single(data, "m.tflite"))
    for tensor in found.tensors.all:
        try:
            tensor.read()
        except UnsupportedModelError:
            continue
    return found


def test_a_small_detector_is_described() -> None:
    found = read(made())
    assert found.format == "tflite"
    assert [(spec.name, spec.dtype, spec.shape) for spec in found.inputs] == [("image", "uint8", (None, 8, 8, 3))]
    assert [spec.name for spec in found.outputs] == ["scores"]
    assert found.ops == {"CONV_2D": 1, "TFLite_Detection_PostProcess": 1, "FlexErf": 1}
    assert found.custom == ("FlexErf", "TFLite_Detection_PostProcess")
    assert found.labels == {0: "cat", 1: "dog"}
    assert found.detector is not None
    assert (found.detector.num_classes, found.detector.input_size) == (2, (8, 8))
    assert found.details["detection_postprocess"]["max_detections"] == 10
    assert found.details["quantization"] == {"image": {"scale": [0.5], "zero_point": [128], "axis": 0}}
    assert found.signatures[0].outputs[0].tensor_name == "scores"
    assert found.notes == ("needs TensorFlow's own kernels for FlexErf",)
    np.testing.assert_array_equal(found.tensors["kernel"], np.arange(6, dtype=np.float32).reshape(2, 3))


def test_an_edge_tpu_model_is_named_as_such() -> None:
    found = read(made(slot_1=[{0: ("b", 3)}, {0: ("b", 32), 1: "edgetpu-custom-op"}, {0: ("b", 32), 1: "x"}]))
    assert found.details["edge_tpu"] is True
    assert "compiled for the Edge TPU" in found.notes[0]


def test_repeated_and_empty_tensor_names_become_unique() -> None:
    graph = subgraph()
    graph[0] = [{0: Numbers("i", (2,)), 1: ("b", 0), 2: ("I", 1), 3: name} for name in ("a", "a", "")]
    graph[1], graph[2], graph[3] = Numbers("i", (0,)), Numbers("i", (1,)), []
    assert list(read(made(slot_2=[graph], slot_7=[])).tensors) == ["a", "a#2", "tensor_2"]


def test_buffers_behind_a_large_model_are_found() -> None:
    body = made()
    weights = np.arange(6, dtype=np.float32).tobytes()
    far = made(slot_4=[{}, {1: ("Q", 10**6), 2: ("Q", 24)}, {}], slot_6=[])
    assert len(far) < len(body) + 10**6
    padded = far + bytes(10**6 - len(far)) + weights
    np.testing.assert_array_equal(read(padded).tensors["kernel"].ravel(), np.arange(6))
    with pytest.raises(TruncatedError, match="past the end"):
        read(far)


@pytest.mark.parametrize(
    ("number", "raw", "shape", "expected"),
    [
        (17, (0x1F, 0x02), (3,), [-1, 1, 2]),
        (20, (0x1F, 0x02), (3,), [15, 1, 2]),
        (19, (0b11_10_01_00,), (4,), [0, 1, -2, -1]),
        (18, (0x80, 0x3F), (1,), [1.0]),
        (6, (0, 2), (2,), [False, True]),
    ],
)
def test_narrow_types_are_widened(number: int, raw: tuple[int, ...], shape: tuple[int, ...], expected: Any) -> None:
    graph = subgraph()
    graph[0][1] = {0: Numbers("i", shape), 1: ("b", number), 2: ("I", 1), 3: "narrow"}
    found = read(made(slot_2=[graph], slot_4=[{}, {0: Numbers("B", raw)}, {}], slot_6=[]))
    assert found.tensors["narrow"].tolist() == expected


def test_strings_are_bytes() -> None:
    raw = b"\x02\0\0\0\x10\0\0\0\x11\0\0\0\x13\0\0\0abc"
    graph = subgraph()
    graph[0][1] = {0: Numbers("i", (2,)), 1: ("b", 5), 2: ("I", 1), 3: "words"}
    found = tflite.read(single(made(slot_2=[graph], slot_4=[{}, {0: Numbers("B", tuple(raw))}, {}], slot_6=[])))
    words = tflite_schema.parse(made(slot_2=[graph], slot_4=[{}, {0: Numbers("B", tuple(raw))}, {}], slot_6=[]))
    assert words.subgraphs[0].tensors[1].dtype == "string"
    assert found.tensors["words"].shape == (2,)
    assert found.tensors.lazy("words").spec.role == "constant"


def test_a_buffer_too_short_for_its_shape_is_told() -> None:
    graph = subgraph()
    graph[0][1][0] = Numbers("i", (2**20, 2**20))
    found = tflite.read(single(made(slot_2=[graph])))
    with pytest.raises(TruncatedError, match="too short for its shape") as told:
        _ = found.tensors["kernel"]
    assert told.value.expected.startswith("4,398,046,511,104 bytes for float32")


@pytest.mark.parametrize("shape", [(0, 2**31 - 1, 2**31 - 1), (1,) * 60])
def test_a_shape_that_no_array_has_is_refused(shape: tuple[int, ...]) -> None:
    graph = subgraph()
    graph[0][1][0] = Numbers("i", shape)
    found = tflite.read(single(made(slot_2=[graph])))
    with pytest.raises(LimitError, match="than an array can"):
        _ = found.tensors["kernel"]


@pytest.mark.parametrize("slot", [1, 2])
def test_an_index_that_is_not_there_is_refused(slot: int) -> None:
    graph = subgraph()
    graph[slot] = Numbers("i", (99,))
    with pytest.raises(FormatError, match="a tensor that is not there"):
        read(made(slot_2=[graph]))


def test_broken_metadata_is_a_note() -> None:
    found = read(made(slot_4=[{}, model()[4][1], {0: Numbers("B", (1, 2, 3))}]))
    assert "metadata cannot be read" in " ".join(found.notes)
    assert found.labels == {0: "cat", 1: "dog"}


def test_broken_models_end_in_an_error_or_a_value() -> None:
    data = made()
    for broken in (*truncations(data, 64), *bit_flips(data, 300), *inflated(data, 500)):
        survives(read, broken)
    survives(read, data, memory=True)


def test_real_models_cut_and_flipped(wild: Path) -> None:
    data = (wild / "keras-toycar-tflite" / "pretrainedResnet_quant.tflite").read_bytes()
    for broken in (*truncations(data, 64, at_most=150), *bit_flips(data, 60), *inflated(data[:4000], 60)):
        survives(lambda content: tflite.read(single(content)), broken)


def test_the_wild_detectors_state_their_facts(wild: Path) -> None:
    coco = open_source(str(wild / "tflite-coco-ssd-mnv1-meta" / "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite"))
    assert (len(coco.labels), coco.labels[0], coco.labels[89]) == (90, "person", "toothbrush")
    assert coco.detector is not None
    assert (coco.detector.num_classes, coco.detector.input_size) == (90, (300, 300))
    assert (coco.detector.meta_architecture, coco.detector.feature_extractor) == ("ssd", "ssd_mobilenet_v1")
    assert coco.details["metadata"]["inputs"][0]["mean"] == [127.5]
    invalid = open_source(str(wild / "tflite-invalid-coral" / "model_invoking_error.tflite"))
    assert (invalid.custom, dict(invalid.ops)) == (("fake-op-double",), {"fake-op-double": 1})


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.tensorflow
def test_agrees_with_the_interpreter_on_every_wild_model(wild: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    compared = 0
    for path in sorted(wild.rglob("*.tflite")):
        found = open_source(str(path))
        try:
            interpreter = tf.lite.Interpreter(model_path=str(path))
            details = interpreter.get_tensor_details()
        except (ValueError, RuntimeError):
            continue
        _compare(found, interpreter, details)
        compared += 1
    assert compared >= 9


def _compare(found: ModelFile, interpreter: Any, details: list[dict[str, Any]]) -> None:
    theirs = {entry["name"]: entry for entry in details}
    for spec, entry in zip(found.inputs, interpreter.get_input_details(), strict=True):
        assert (spec.name, spec.dtype) == (entry["name"] or spec.name, np.dtype(entry["dtype"]).name)
        assert spec.shape == tuple(None if side < 0 else side for side in entry["shape_signature"])
        _same_quantisation(found.details["quantization"].get(spec.name), entry)
    for spec, entry in zip(found.outputs, interpreter.get_output_details(), strict=True):
        assert (spec.name, spec.dtype) == (entry["name"] or spec.name, np.dtype(entry["dtype"]).name)
    for name in found.tensors:
        entry = theirs[name]
        ours = found.tensors[name]
        assert (ours.dtype, ours.shape) == (np.dtype(entry["dtype"]), tuple(entry["shape"]))
        np.testing.assert_array_equal(ours, interpreter.get_tensor(entry["index"]))


def _same_quantisation(ours: dict[str, Any] | None, entry: dict[str, Any]) -> None:
    theirs = entry["quantization_parameters"]
    assert (ours or {"scale": []})["scale"] == theirs["scales"].tolist()
    if ours:
        assert (ours["zero_point"], ours["axis"]) == (theirs["zero_points"].tolist(), theirs["quantized_dimension"])


@pytest.mark.tensorflow
def test_the_names_of_operations_and_types_are_tensorflows() -> None:
    schema = pytest.importorskip("tensorflow.lite.python.schema_py_generated")
    operations = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    assert dict(enumerate(tflite_ops.BUILTIN)) == operations
    types = {value: name.lower() for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    assert dict(enumerate(tflite_schema.DTYPES)) == types
