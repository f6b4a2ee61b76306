"""Variables become constants, and the frozen graph computes what the original did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.facts import Tensors
from loadstone.formats.checkpoint.bundle import read_bundle
from loadstone.formats.metagraph import open_meta_graph
from loadstone.formats.trees.tree import DiskTree
from loadstone.graphs.freeze import freeze
from loadstone.graphs.graph import Graph, graph_of, parse_graph_def
from loadstone.graphs.saver import restored_from
from loadstone.graphs.write import graph_bytes
from tests.graphs.tensorflow_runs import run
from tests.support.graphs import FLOAT, INT32, constant, floats, node, placeholder, shape, strings
from tests.support.graphs import graph_bytes as build

DETECTIONS = ["detection_boxes", "detection_scores", "detection_classes", "num_detections"]
VALUES = {"v": np.array([2.0, 3.0], dtype=np.float32)}


def variable(op: str, *sides: int, **more: Any) -> dict[str, Any]:
    """Return a variable node `v` of floats."""
    return node("v", op, dtype={"type": FLOAT}, shape={"shape": shape(*sides)}, **more)


def checkpoint(folder: Path, prefix: str) -> tuple[Graph, Tensors]:
    tree = DiskTree(folder)
    meta = open_meta_graph(tree, f"{prefix}.meta")
    return graph_of(meta.message.message("graph_def")), read_bundle(tree, prefix).tensors


@pytest.mark.tensorflow
def test_a_frozen_detector_equals_the_one_its_author_froze(wild: Path, shared: Path) -> None:
    from PIL import Image

    folder = wild / "tf1ckpt-ssdmnv1-trafficsign"
    graph, values = checkpoint(folder, "model.ckpt")
    frozen = freeze(graph, values, DETECTIONS)
    assert not {node.op for node in frozen.nodes.values()} & {"VariableV2", "Assign", "SaveV2", "RestoreV2"}
    picture = np.asarray(Image.open(shared / "images" / "image1.jpg").convert("RGB").resize((256, 256)))[None]
    theirs = run((folder / "frozen_inference_graph.pb").read_bytes(), {"image_tensor": picture}, DETECTIONS)
    for name, mine, original in zip(
        DETECTIONS, run(graph_bytes(frozen), {"image_tensor": picture}, DETECTIONS), theirs, strict=True
    ):
        np.testing.assert_array_equal(mine, original, err_msg=name)


@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "prefix"), [("tf1ckpt-mtcnn-pnet", "PNet-18"), ("tf1ckpt-mtcnn-rnet", "RNet-14")])
def test_a_training_graph_freezes_to_what_the_session_computes(wild: Path, name: str, prefix: str) -> None:
    tf = pytest.importorskip("tensorflow")
    graph, values = checkpoint(wild / name, prefix)
    size = 12 if prefix.startswith("PNet") else 24
    ends = [node.name for node in graph.nodes.values() if node.op in ("BiasAdd", "Softmax")]
    feed = np.random.default_rng(0).normal(size=(_batch(graph), size, size, 3)).astype(np.float32)
    frozen = run(graph_bytes(freeze(graph, values, ends)), {"input_image": feed}, ends)
    loaded = tf.Graph()
    with loaded.as_default():
        saver = tf.compat.v1.train.import_meta_graph(str(wild / name / f"{prefix}.meta"), clear_devices=True)
        with tf.compat.v1.Session() as session:
            saver.restore(session, str(wild / name / prefix))
            live = session.run([f"{end}:0" for end in ends], {"input_image:0": feed})
    for end, mine, theirs in zip(ends, frozen, live, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-6, err_msg=end)


def _batch(graph: Graph) -> int:
    sides = graph["input_image"].attribute("shape").message("shape").messages("dim")
    return next(side.sint("size") for side in sides)


@pytest.mark.tensorflow
@pytest.mark.parametrize("op", ["VariableV2", "VarHandleOp"])
def test_both_kinds_of_variable_are_frozen(op: str) -> None:
    reader = node(
        "read", "Identity" if op == "VariableV2" else "ReadVariableOp", "v", T={"type": FLOAT}, dtype={"type": FLOAT}
    )
    if op == "VariableV2":
        del reader["attr"]["dtype"]
    else:
        del reader["attr"]["T"]
    product = node("y", "Mul", "x", "read", T={"type": FLOAT})
    graph = parse_graph_def(build(placeholder("x", 2), variable(op, 2), reader, product, node("save", "SaveV2", "v")))
    frozen = freeze(graph, VALUES, ["y"])
    assert "save" not in frozen.nodes
    (result,) = run(graph_bytes(frozen), {"x": np.array([10, 100], np.float32)}, ["y"])
    assert result.tolist() == [20.0, 300.0]


@pytest.mark.tensorflow
def test_a_lookup_in_a_variable_becomes_a_gather() -> None:
    types = {"dtype": {"type": FLOAT}, "Tindices": {"type": INT32}}
    rows = node("rows", "ResourceGather", "v", "index", **types)
    graph = parse_graph_def(build(placeholder("index", 3, dtype=INT32), variable("VarHandleOp", 2), rows))
    frozen = graph_bytes(freeze(graph, VALUES, ["rows"]))
    (result,) = run(frozen, {"index": np.array([1, 1, 0], np.int32)}, ["rows"])
    assert result.tolist() == [3.0, 3.0, 2.0]


def test_the_graphs_own_saver_says_which_value_is_whose() -> None:
    names = constant("save/names", strings(b"other", b"v/ExponentialMovingAverage"))
    restore = node("save/RestoreV2", "RestoreV2", "save/path", "save/names", "save/slices")
    assign = node("save/Assign", "Assign", "v", "save/RestoreV2:1")
    reader = node("read", "Identity", "v", T={"type": FLOAT})
    graph = parse_graph_def(build(variable("VariableV2", 2), reader, names, restore, assign))
    assert restored_from(graph) == {"v": "v/ExponentialMovingAverage"}
    average = {"v/ExponentialMovingAverage": np.array([7.0, 8.0], np.float32), **VALUES}
    frozen = freeze(graph, average, ["read"])
    assert frozen["v"].attribute("value").message("tensor").blob("tensor_content") == np.array([7, 8], "<f4").tobytes()


def test_a_missing_value_is_named() -> None:
    graph = parse_graph_def(build(variable("VariableV2", 2), node("y", "Identity", "v")))
    with pytest.raises(FormatError, match="no value for the variable v") as caught:
        freeze(graph, {"w": VALUES["v"]}, ["y"])
    assert caught.value.expected == "v"


def test_a_value_of_another_shape_or_type_is_refused() -> None:
    graph = parse_graph_def(build(variable("VariableV2", 3), node("y", "Identity", "v")))
    with pytest.raises(FormatError, match="another shape") as caught:
        freeze(graph, VALUES, ["y"])
    assert (caught.value.expected, caught.value.found) == ("(3,)", "(2,)")
    graph = parse_graph_def(build(variable("VariableV2", 2), node("y", "Identity", "v")))
    with pytest.raises(FormatError, match="another type"):
        freeze(graph, {"v": np.array([1, 2])}, ["y"])


def test_an_output_that_changes_a_variable_is_refused() -> None:
    graph = parse_graph_def(
        build(variable("VarHandleOp", 2), node("y", "AssignAddVariableOp", "v", "one"), constant("one", floats(1)))
    )
    with pytest.raises(UnsupportedModelError, match="AssignAddVariableOp"):
        freeze(graph, VALUES, ["y"])
