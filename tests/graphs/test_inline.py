"""Calls are replaced by the functions' bodies, and a TF2 SavedModel freezes to what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.errors import FormatError, LimitError, UnsupportedModelError
from loadstone.formats.checkpoint.bundle import read_bundle
from loadstone.formats.graph.meta_graph import MetaGraph, main_meta_graph, main_signature, parse_meta_graph
from loadstone.formats.trees.tree import DiskTree
from loadstone.graphs.freeze_saved_model import Frozen, freeze_signature
from loadstone.graphs.functions import Library
from loadstone.graphs.graph import Input, parse_graph_def
from loadstone.graphs.inline import inline
from loadstone.graphs.write import graph_bytes
from loadstone.wire.protobuf import Message
from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.graph import OP_LIST
from loadstone.wire.schemas.saved_model import META_GRAPH, SAVED_MODEL
from tests.graphs.tensorflow_runs import run
from tests.support.graphs import FLOAT, meta_graph, node, placeholder, signature, tensor_info
from tests.support.graphs import graph_bytes as build
from tests.support.hostile import bit_flips, survives, truncations

FLOATS = {"T": {"type": FLOAT}}
SPLIT = {"name": "Split", "output_arg": [{"name": "output", "number_attr": "num_split"}]}
UNIQUE = {"name": "Unique", "output_arg": [{"name": "y"}, {"name": "idx"}]}


def op_list(*ops: dict[str, Any]) -> Message:
    return Message(encode(OP_LIST, {"op": list(ops)}), OP_LIST)


def function(name: str, *nodes: dict[str, Any], takes: list[str], gives: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a FunctionDef's values."""
    arguments = [{"name": argument, "type": FLOAT} for argument in takes]
    results = [{"name": result, "type": FLOAT} for result in gives]
    header = {"name": name, "input_arg": arguments, "output_arg": results}
    return {"signature": header, "node_def": list(nodes), "ret": gives, **more}


def call(name: str, called: str, *inputs: str) -> dict[str, Any]:
    types = {"list": {"type": [FLOAT] * len(inputs)}}
    return node(name, "PartitionedCall", *inputs, f={"func": {"name": called}}, Tin=types, Tout=types)


def nested() -> bytes:
    """Return `y = outer(x)`, where outer squares through an inner function and hands its argument through as well."""
    inner = function("inner", node("m", "Mul", "a", "a", **FLOATS), takes=["a"], gives={"r": "m:z:0"})
    outer = function(
        "outer",
        call("deep", "inner", "p"),
        node("wait", "NoOp", "^deep"),
        takes=["p"],
        gives={"second": "p", "first": "deep:output:0"},
        control_ret={"wait": "wait"},
    )
    after = node("y", "AddV2", "call", "call:1", "^call", **FLOATS)
    return build(placeholder("x", 2), call("call", "outer", "x"), after, library={"function": [inner, outer]})


def test_calls_within_calls_disappear() -> None:
    graph, (source,) = inline(parse_graph_def(nested()), op_list(), ["y:0"])
    assert source == Input("y")
    assert {found.name: found.op for found in graph.nodes.values()} == {
        "x": "Placeholder",
        "y": "AddV2",
        "call/wait": "NoOp",
        "call/deep/m": "Mul",
    }
    assert graph["y"].inputs == (Input("x"), Input("call/deep/m"), Input("call/wait", control=True))
    assert graph.library is None


def test_an_end_may_be_a_calls_own_output() -> None:
    graph, sources = inline(parse_graph_def(nested()), op_list(), ["call:1", "call:0"])
    assert sources == (Input("call/deep/m"), Input("x"))
    assert "y" not in graph.nodes


def test_named_outputs_become_numbers() -> None:
    split = node("s", "Split", "dim", "a", num_split={"i": 3}, **FLOATS)
    body = function(
        "f",
        split,
        node("u", "Unique", "s:output:2", **FLOATS),
        takes=["dim", "a"],
        gives={"r": "u:idx:0", "t": "s:output:1"},
    )
    graph = parse_graph_def(
        build(placeholder("d"), placeholder("x", 3), call("c", "f", "d", "x"), library={"function": [body]})
    )
    inlined, sources = inline(graph, op_list(SPLIT, UNIQUE), ["c:0", "c:1"])
    assert sources == (Input("c/u", 1), Input("c/s", 1))
    assert inlined["c/u"].inputs == (Input("c/s", 2),)
    bad = function("f", node("u", "Unique", "a"), takes=["a"], gives={"r": "u:elsewhere:0"})
    graph = parse_graph_def(build(placeholder("x", 3), call("c", "f", "x"), library={"function": [bad]}))
    with pytest.raises(FormatError, match="Unique has no output elsewhere"):
        inline(graph, op_list(UNIQUE), ["c"])


def test_a_loops_functions_stay_and_others_go() -> None:
    keep = function("body", takes=["a"], gives={"r": "a"})
    drop = function("unused", takes=["a"], gives={"r": "a"})
    loop = node("loop", "StatelessWhile", "x", body={"func": {"name": "body"}}, cond={"func": {"name": "body"}})
    graph = parse_graph_def(build(placeholder("x", 1), loop, library={"function": [keep, drop]}))
    inlined, _ = inline(graph, op_list(), ["loop"])
    assert list(Library(inlined)) == ["body"]


def test_a_function_that_calls_itself_ends_in_the_limit() -> None:
    endless = function("f", call("again", "f", "a"), takes=["a"], gives={"r": "again:output:0"})
    graph = parse_graph_def(build(placeholder("x", 1), call("c", "f", "x"), library={"function": [endless]}))
    with pytest.raises(LimitError, match="nest deeper than 64"):
        inline(graph, op_list(), ["c"])


def test_calls_that_multiply_at_every_level_end_in_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.graphs.inline.INLINED_NODES", 1000)
    functions = [
        function(
            f"f{level}",
            *(call(f"c{number}", f"f{level + 1}", "a") for number in range(4)),
            node("sum", "AddN", *(f"c{number}:output:0" for number in range(4))),
            takes=["a"],
            gives={"r": "sum:sum:0"},
        )
        for level in range(30)
    ]
    functions.append(function("f30", takes=["a"], gives={"r": "a"}))
    graph = parse_graph_def(build(placeholder("x", 1), call("c", "f0", "x"), library={"function": functions}))
    with pytest.raises(LimitError, match="too large"):
        inline(graph, op_list(), ["c"])


def test_a_call_that_does_not_fit_is_named() -> None:
    body = function("f", takes=["a", "b"], gives={"r": "a"})
    graph = parse_graph_def(build(placeholder("x", 1), call("c", "f", "x"), library={"function": [body]}))
    with pytest.raises(FormatError, match="does not fit the function f") as caught:
        inline(graph, op_list(), ["c"])
    assert (caught.value.expected, caught.value.found) == ("2 inputs", "1")
    with pytest.raises(FormatError, match="no function g"):
        inline(parse_graph_def(build(placeholder("x", 1), call("c", "g", "x"))), op_list(), ["c"])


def test_broken_libraries_end_in_an_error() -> None:
    whole = nested()
    for broken in (*truncations(whole, every=2), *bit_flips(whole, 400)):
        survives(lambda data: inline(parse_graph_def(data), op_list(), ["y"]), broken)


def test_a_table_is_refused_by_name() -> None:
    graph = build(node("t", "HashTableV2"), node("y", "LookupTableFindV2", "t", "t", "t"))
    found = signature({}, {"y": tensor_info("y:0")})
    meta = parse_meta_graph(Message(meta_graph(graph, "serve", signature_def={"s": found}), META_GRAPH))
    with pytest.raises(UnsupportedModelError, match="HashTableV2"):
        freeze_signature(meta, meta.signatures[0], {})


def test_a_signature_without_variables_freezes_too() -> None:
    graph = build(placeholder("x", 2), node("same", "Mul", "x", "x", **FLOATS), node("v", "VarHandleOp"))
    found = signature({"in": tensor_info("x:0", 2)}, {"out": tensor_info("same:0", 2), "x": tensor_info("x:0", 2)})
    meta = parse_meta_graph(Message(meta_graph(graph, "serve", signature_def={"s": found}), META_GRAPH))
    frozen = freeze_signature(meta, meta.signatures[0], {})
    assert (frozen.inputs, frozen.outputs) == ({"in": "x"}, {"out": "out", "x": "x"})
    assert set(frozen.graph.nodes) == {"x", "same", "out"}


def load(path: Path) -> tuple[MetaGraph, Frozen]:
    tree = DiskTree(path)
    data = tree.read("saved_model.pb", 1 << 30)
    meta = main_meta_graph([parse_meta_graph(found) for found in Message(data, SAVED_MODEL).messages("meta_graphs")])
    main = main_signature(meta.signatures)
    assert main is not None
    return meta, freeze_signature(meta, main, read_bundle(tree, "variables/variables").tensors)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("name", "sides", "dtype"),
    [
        ("wild/keras-savedmodel-kws", (2, 49, 10, 1), np.float32),
        ("wild/savedmodel-tfserving-tf2-cpu", (1,), np.float32),
        ("wild/savedmodel-mediapipe-tf1", (1, 3), np.int32),
        ("wild/savedmodel-tfserving-tf1-cpu", (2, 1), np.float32),
        ("exports/ssd_mobilenet_v2_fpnlite_320/saved_model", (1, 426, 640, 3), np.uint8),
    ],
)
def test_a_frozen_saved_model_computes_what_tensorflow_does(
    shared: Path, name: str, sides: tuple[int, ...], dtype: type[np.generic]
) -> None:
    tf = pytest.importorskip("tensorflow")
    meta, frozen = load(shared / name)
    main = main_signature(meta.signatures)
    assert main is not None
    dice = np.random.default_rng(0)
    feeds = {spec.name: dice.integers(0, 200, sides).astype(dtype) for spec in main.inputs}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, list(meta.tags), str(shared / name))
        theirs = session.run(
            [spec.tensor_name for spec in main.outputs], {spec.tensor_name: feeds[spec.name] for spec in main.inputs}
        )
    fed = {frozen.inputs[key]: value for key, value in feeds.items() if key in frozen.inputs}
    ours = run(graph_bytes(frozen.graph), fed, list(frozen.outputs.values()))
    assert not {found.op for found in frozen.graph.nodes.values()} & {"VarHandleOp", "StatefulPartitionedCall"}
    for spec, mine, original in zip(main.outputs, ours, theirs, strict=True):
        np.testing.assert_allclose(mine, original, rtol=1e-4, atol=1e-5, err_msg=spec.name)
