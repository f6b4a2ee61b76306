"""Bare graphs: inputs and outputs by what the nodes show, constants as tensors, operations at every depth."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from loadstone.errors import FormatError, LimitError, LoadstoneError, SourceError
from loadstone.facts import ModelFile
from loadstone.formats import frozen_graph
from loadstone.formats.graph.graph_sniff import family
from loadstone.formats.graph.producer import producer_date
from loadstone.formats.registry import locate
from tests.support.graphs import (
    constant,
    floats,
    function,
    graph_bytes,
    node,
    placeholder,
    shape,
    small_graph,
    small_saved_model,
    strings,
)
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.memory import single


def read(data: bytes) -> ModelFile:
    candidate = single(data, "graph.pb")
    assert frozen_graph.sniff(candidate)
    return frozen_graph.read(candidate)


def test_a_small_graph_is_described() -> None:
    model = read(small_graph())
    assert model.format == "frozen-graph"
    assert [(spec.name, spec.dtype, spec.shape, spec.tensor_name) for spec in model.inputs] == [
        ("image", "float32", (None, 2), "image:0")
    ]
    assert [(spec.name, spec.dtype) for spec in model.outputs] == [("answer", "float32")]
    assert model.producer == {
        "graphdef_producer": "1286",
        "graphdef_date": "2022-10-16",
        "graphdef_min_consumer": "12",
    }
    assert {spec.name: spec.role for spec in model.tensors.specs} == {"weights": "weight", "bias": "weight"}
    assert model.parameters == 6
    assert model.tensors["weights"].tolist() == [[1, 2], [3, 4]]
    assert model.ops == {"Const": 2, "Placeholder": 1, "MatMul": 1, "BiasAdd": 1}
    assert model.custom == ()


def test_an_integer_constant_is_no_weight() -> None:
    model = read(graph_bytes(placeholder("x", 1), constant("axis", floats(1)), node("y", "Mul", "x", "axis")))
    assert [spec.role for spec in model.tensors.specs] == ["constant"]


def test_weights_are_recognised_behind_what_hands_them_on() -> None:
    model = read(
        graph_bytes(
            placeholder("x", 1, 2),
            constant("w", floats(1, 2, sides=(2, 1))),
            node("w/read", "Identity", "w"),
            node("y", "MatMul", "x", "w/read:0"),
        )
    )
    assert model.parameters == 2


def test_detection_outputs_are_known_by_name() -> None:
    boxes = node("detection_boxes", "Identity", "x")
    scores = node("detection_scores", "Identity", "x")
    model = read(graph_bytes(placeholder("x", 1), boxes, scores, node("stray", "Identity", "x")))
    assert [spec.name for spec in model.outputs] == ["detection_boxes", "detection_scores"]


def test_an_iterator_is_an_input_where_there_is_no_placeholder() -> None:
    lists = {"output_types": {"list": {"type": [1, 9]}}, "output_shapes": {"list": {"shape": [{}, {}]}}}
    model = read(graph_bytes(node("next", "IteratorGetNext", **lists), node("y", "Identity", "next:1")))
    assert [(spec.name, spec.dtype) for spec in model.inputs] == [("next:0", "float32"), ("next:1", "int64")]


def test_operations_are_counted_inside_functions_and_constants() -> None:
    nested = graph_bytes(node("r", "ReadFile", "x"), node("deep", "Const", value=strings(small_graph())))
    host = constant("pipeline", strings(nested))
    model = read(graph_bytes(host, library={"function": [function("f", node("e", "EagerPyFunc"), node("m", "Mine"))]}))
    assert model.ops["ReadFile"] == 1
    assert model.ops["MatMul"] == 1
    assert model.ops["EagerPyFunc"] == 1
    assert model.custom == ("Mine",)
    assert model.details["nested_graphs"] == ["pipeline", "deep"]
    assert any("a whole graph as a string" in note for note in model.notes)


def test_a_string_that_is_no_graph_is_not_counted() -> None:
    model = read(graph_bytes(constant("text", strings(b"\x0a plain text, long enough to be looked at " * 3))))
    assert model.ops == {"Const": 1}
    assert model.notes == ()


def test_a_call_by_a_functions_own_name_is_not_custom() -> None:
    model = read(graph_bytes(node("call", "my_function"), library={"function": [function("my_function")]}))
    assert model.custom == ()


def test_variables_and_absent_nodes_are_told() -> None:
    variable = node("v", "VariableV2", dtype={"type": 1}, shape={"shape": shape(3, 4)})
    model = read(graph_bytes(variable, node("y", "Identity", "elsewhere:0")))
    assert not model.complete
    (missing,) = [file for file in model.files if file.state == "missing"]
    assert missing.expected == 48
    assert model.parameters == 12
    assert any("not frozen" in note and "at least 48 bytes" in note for note in model.notes)
    assert any("elsewhere" in note for note in model.notes)
    with pytest.raises(SourceError, match="value of the variable v is not here"):
        model.tensors["v"]


def test_a_list_of_outputs_that_is_cut_says_so() -> None:
    model = read(graph_bytes(placeholder("x", 1), *(node(f"y{number}", "Identity", "x") for number in range(300))))
    assert len(model.outputs) == 256
    assert any("the first 256 outputs are listed" in note for note in model.notes)


def test_more_nodes_than_the_cap_are_refused() -> None:
    with pytest.raises(LimitError, match="more nodes than are read"):
        read(graph_bytes(node("a", "B")) * 300_001)


def test_text_reads_as_bytes() -> None:
    text = b'# by hand\nnode { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_UINT8 } } }\n'
    model = read(text)
    assert [(spec.name, spec.dtype, spec.shape) for spec in model.inputs] == [("x", "uint8", None)]


def test_a_broken_text_names_its_line() -> None:
    with pytest.raises(FormatError) as caught:
        read(b'node {\n name: "x"\n op: "Add"\n input: }\n')
    assert "line 4" in str(caught.value)


def test_an_unreadable_constant_is_a_note() -> None:
    bad = node("c", "Const", value={"tensor": {"dtype": 99}})
    model = read(graph_bytes(placeholder("x", 1), bad))
    assert any("constant c cannot be read" in note for note in model.notes)


def test_what_is_no_graph_is_not_taken() -> None:
    for data in (b"", b"\x0a", b"\x0a\x02\x0a\x00", small_saved_model(), b"node { calculator: 'X' }", b"\xff" * 64):
        assert family(data[:4096]) != "graph"


def test_broken_graphs_end_in_an_error() -> None:
    nested = graph_bytes(constant("g", strings(small_graph())), library={"function": [function("f", node("a", "B"))]})
    for whole in (small_graph(), nested):
        for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
            survives(lambda data: _touch(frozen_graph.read(single(data, "graph.pb"))), broken)


def test_a_graph_of_graphs_of_graphs_ends() -> None:
    data = small_graph()
    for _ in range(40):
        data = graph_bytes(constant("g", strings(data, data[:0])))
    assert survives(lambda broken: read(broken), data, memory=True) is None


def _touch(model: ModelFile) -> None:
    for tensor in model.tensors.all:
        with contextlib.suppress(LoadstoneError):
            tensor.read()


@pytest.mark.parametrize(
    ("producer", "date"),
    [
        (0, ""),
        (21, "2017-01-11 to 2017-04"),
        (27, "2018-01-23 to 2018-08-21"),
        (38, "2019-05-17"),
        (1286, "2022-10-16"),
        (2129, "2025-02-05"),
        (2**31 - 1, ""),
    ],
)
def test_a_producer_version_is_a_date(producer: int, date: str) -> None:
    assert producer_date(producer) == date


WILD = {
    "tf1-facemask-aizoo/face_mask_detection.pb": (
        ["data_1"],
        ["loc_branch_concat_1/concat", "cls_branch_concat_1/concat"],
    ),
    "tf1-opencv-face-uint8/opencv_face_detector_uint8.pb": (["data"], ["mbox_loc", "mbox_conf_flatten"]),
    "tf1-mtcnn-pb-cifarexp/mtcnn.pb": (
        ["inputs/IteratorGetNext:0", "inputs/IteratorGetNext:1"],
        ["outputs/prob_out", "outputs/landmark_out"],
    ),
    "tf1-mobilenetv1-eval-pbtxt/mobilenet_v1_1.0_224_eval.pbtxt": (["input"], ["MobilenetV1/Predictions/Reshape_1"]),
    "dl4j-tf-simple-graph/frozen_graph.pbtxt": (["input_0", "input_1"], ["output"]),
    "dl4j-tf-simple-graph/frozen_model.pb": (["input_0", "input_1"], ["output"]),
}


@pytest.mark.parametrize("path", WILD)
def test_wild_graphs_show_their_ends(wild: Path, path: str) -> None:
    model = frozen_graph.read(locate(str(wild / path)))
    assert model.format == "frozen-graph"
    assert ([spec.name for spec in model.inputs], [spec.name for spec in model.outputs]) == WILD[path]


def test_wild_detectors_show_their_outputs(wild: Path) -> None:
    model = frozen_graph.read(locate(str(wild / "tf1-ssdmnv1-0125-trafficsign" / "frozen_inference_graph.pb")))
    assert [spec.name for spec in model.outputs][:3] == ["detection_boxes", "detection_scores", "detection_classes"]
    assert model.detector is not None
    assert (model.detector.meta_architecture, model.detector.num_classes) == ("ssd", 11)


@pytest.mark.tensorflow
def test_operations_and_functions_are_those_tensorflow_counts(shared: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from collections import Counter

    for path in sorted((shared / "wild").glob("tf1-*/*.pb")):
        graph = tf.compat.v1.GraphDef.FromString(path.read_bytes())
        theirs = Counter(node.op for node in graph.node)
        theirs.update(node.op for function in graph.library.function for node in function.node_def)
        assert frozen_graph.read(locate(str(path))).ops == theirs, path


def test_operations_that_reach_out_of_the_graph_are_told() -> None:
    model = read(
        graph_bytes(
            placeholder("x", 1),
            node("w", "WriteFile", "x", "x"),
            library={"function": [function("f", node("r", "ReadFile"), node("p", "PyFunc"), node("s", "SaveV2"))]},
        )
    )
    assert [note for note in model.notes if note.startswith("this graph")] == [
        "this graph can read files when it runs: ReadFile",
        "this graph can write files when it runs: WriteFile",
        "this graph calls Python functions, which the file does not hold: PyFunc",
    ]
    assert model.outputs == ()
