"""A graph as data: read, written, pruned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.graph import Input, parse_graph_def, parse_input
from loadstone.graphs.prune import prune
from loadstone.graphs.write import const_node, graph_bytes, make_node, with_inputs
from tests.support.graphs import constant, floats, function, node, placeholder, small_graph
from tests.support.graphs import graph_bytes as build
from tests.support.hostile import bit_flips, inflated, survives, truncations

GRAPHS = (
    "tf1-opencv-face-uint8/opencv_face_detector_uint8.pb",
    "tf1-facemask-aizoo/face_mask_detection.pb",
    "tf1-mtcnn-pb-cifarexp/mtcnn.pb",
    "tf1-ssdmnv1-0125-trafficsign/frozen_inference_graph.pb",
)


@pytest.mark.parametrize(
    ("written", "read"),
    [("a", Input("a")), ("a:1", Input("a", 1)), ("^a", Input("a", control=True)), ("a:b", Input("a:b"))],
)
def test_an_input_reads_as_it_is_written(written: str, read: Input) -> None:
    assert parse_input(written) == read
    assert str(read) == written


@pytest.mark.parametrize("path", GRAPHS)
def test_a_graph_that_is_not_changed_is_written_byte_for_byte(wild: Path, path: str) -> None:
    data = (wild / path).read_bytes()
    assert graph_bytes(parse_graph_def(data)) == data


def test_nodes_show_what_they_read() -> None:
    graph = parse_graph_def(small_graph())
    product = graph["product"]
    assert (product.op, product.inputs) == ("MatMul", (Input("image"), Input("weights")))
    assert product.attribute("T").uint("type") == 1
    assert "type" not in product.attribute("absent")
    with pytest.raises(FormatError, match="no node nobody"):
        graph["nobody"]


def test_pruning_keeps_what_the_outputs_need() -> None:
    data = build(
        placeholder("x", 1),
        node("a", "Identity", "x", "^later"),
        node("later", "NoOp"),
        node("stray", "Identity", "x"),
        library={"function": [function("f")]},
        versions={"producer": 27},
    )
    graph = parse_graph_def(data)
    kept = prune(graph, ["a:0"])
    assert list(kept.nodes) == ["x", "a", "later"]
    assert kept.nodes["a"].raw == graph.nodes["a"].raw
    assert (kept.library, kept.versions) == (graph.library, graph.versions)
    assert list(prune(graph, ["a"], inputs=["a"]).nodes) == ["a"]


def test_pruning_refuses_what_is_not_there() -> None:
    graph = parse_graph_def(build(node("a", "Identity", "gone:1")))
    with pytest.raises(FormatError, match="reads one that the graph does not have") as caught:
        prune(graph, ["a"])
    assert caught.value.found == "gone:1"
    with pytest.raises(FormatError, match="no node b"):
        prune(graph, ["b"])


def test_two_nodes_of_one_name_are_refused() -> None:
    with pytest.raises(FormatError, match="two nodes of one name"):
        parse_graph_def(build(node("a", "NoOp"), node("a", "NoOp")))


def test_inputs_change_and_the_rest_of_a_node_stays() -> None:
    graph = parse_graph_def(small_graph())
    changed = with_inputs(graph["product"], (Input("weights"), Input("image", 1), Input("bias", control=True)))
    read = parse_graph_def(graph_bytes(graph.replaced({"product": changed})))["product"]
    assert read.inputs == changed.inputs
    assert read.attribute("T").uint("type") == 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(7, dtype=np.int64),
        np.array([True, False]),
        np.array([], dtype=np.float16),
        np.array([1 + 2j], dtype=np.complex64),
        np.array([b"a", b"\xff\x00"], dtype=object),
    ],
)
def test_a_constant_is_read_back(array: np.ndarray) -> None:
    tensor = const_node("c", array).attribute("value").message("tensor")
    np.testing.assert_array_equal(parse_constant(tensor).read(), array, strict=True)


def test_a_bfloat16_keeps_its_bits() -> None:
    array = np.array([1.0, -0.5, 3.140625], dtype=np.float32)
    made = const_node("c", array, 14)
    assert made.attribute("dtype").uint("type") == 14
    np.testing.assert_array_equal(parse_constant(made.attribute("value").message("tensor")).read(), array)


def test_an_array_without_a_tensorflow_type_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="datetime64"):
        const_node("c", np.array(["2020-01-01"], dtype="datetime64[D]"))


def test_a_graph_beyond_two_gibibytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.graphs.write.PROTOBUF_BYTES", 100)
    with pytest.raises(LimitError, match="larger than a protobuf message"):
        graph_bytes(parse_graph_def(small_graph()))


def test_new_nodes_stand_before_the_others() -> None:
    graph = parse_graph_def(build(constant("c", floats(1.0))))
    grown = graph.replaced({"n": make_node("n", "NoOp")})
    assert list(grown.nodes) == ["n", "c"]


def test_broken_graphs_end_in_an_error() -> None:
    whole = small_graph()
    for broken in (*truncations(whole, every=1), *bit_flips(whole), *inflated(whole)):
        survives(lambda data: prune(parse_graph_def(data), ["answer"]), broken)
