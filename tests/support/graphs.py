"""Small graphs, SavedModels and their parts, built by the writer."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

from loadstone.wire.protobuf_writer import encode
from loadstone.wire.schemas.graph import GRAPH_DEF, NODE
from loadstone.wire.schemas.saved_model import META_GRAPH, SAVED_MODEL

FLOAT, INT32, STRING = 1, 3, 7


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    """Return a NodeDef's values."""
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def shape(*sides: int) -> dict[str, Any]:
    """Return a TensorShapeProto's values."""
    return {"dim": [{"size": side} for side in sides]}


def floats(*values: float, sides: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the attribute `value` of a float constant."""
    sides = (len(values),) if sides is None else sides
    content = struct.pack(f"<{len(values)}f", *values)
    return {"tensor": {"dtype": FLOAT, "tensor_shape": shape(*sides), "tensor_content": content}}


def strings(*values: bytes) -> dict[str, Any]:
    """Return the attribute `value` of a string constant."""
    return {"tensor": {"dtype": STRING, "tensor_shape": shape(len(values)), "string_val": list(values)}}


def constant(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `Const` node of a `floats` or `strings` value."""
    return node(name, "Const", value=value, dtype={"type": value["tensor"]["dtype"]})


def placeholder(name: str, *sides: int, dtype: int = FLOAT) -> dict[str, Any]:
    """Return a `Placeholder` node; -1 is an open dimension."""
    return node(name, "Placeholder", dtype={"type": dtype}, shape={"shape": shape(*sides)})


def graph_bytes(*nodes: Mapping[str, Any], **more: Any) -> bytes:
    """Return a GraphDef."""
    return encode(GRAPH_DEF, {"node": [encode(NODE, values) for values in nodes], **more})


def small_graph() -> bytes:
    """Return a frozen graph: a placeholder times weights, plus a bias."""
    return graph_bytes(
        placeholder("image", -1, 2),
        constant("weights", floats(1, 2, 3, 4, sides=(2, 2))),
        node("product", "MatMul", "image", "weights", T={"type": FLOAT}),
        constant("bias", floats(5, 6)),
        node("answer", "BiasAdd", "product", "bias", T={"type": FLOAT}),
        versions={"producer": 1286, "min_consumer": 12},
    )


def function(name: str, *nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a FunctionDef's values."""
    return {"signature": {"name": name}, "node_def": list(nodes)}


def tensor_info(name: str, *sides: int, dtype: int = FLOAT) -> dict[str, Any]:
    """Return a TensorInfo's values."""
    return {"name": name, "dtype": dtype, "tensor_shape": shape(*sides)}


def signature(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return a SignatureDef's values."""
    return {"inputs": inputs, "outputs": outputs, "method_name": "tensorflow/serving/predict"}


def meta_graph(graph: bytes, *tags: str, **more: Any) -> bytes:
    """Return a MetaGraphDef; `more` are its other fields."""
    info = {"tags": list(tags), "tensorflow_version": "2.11.1"}
    return encode(META_GRAPH, {"meta_info_def": info, "graph_def": graph, **more})


def saved_model(*meta_graphs: bytes) -> bytes:
    """Return a SavedModel."""
    return encode(SAVED_MODEL, {"saved_model_schema_version": 1, "meta_graphs": list(meta_graphs)})


def small_saved_model() -> bytes:
    """Return a SavedModel with one signature, one function, one variable and one asset."""
    inputs, outputs = {"x": tensor_info("image:0", -1, 2)}, {"y": tensor_info("answer:0", -1, 2)}
    variable = node("v", "VarHandleOp", dtype={"type": FLOAT}, shape={"shape": shape(3, 4)})
    inner = function("inner", node("custom", "MyOwnOp"), node("again", "Const"))
    graph = graph_bytes(placeholder("image", -1, 2), variable, library={"function": [inner]})
    return saved_model(
        meta_graph(
            graph,
            "serve",
            signature_def={"serving_default": signature(inputs, outputs)},
            asset_file_def=[{"tensor_info": {"name": "a:0"}, "filename": "words.txt"}],
        )
    )
