"""A SavedModel as TensorFlow 2 writes one: a callable object, the signature `serving_default`, weights as constants.

`tf.saved_model.load(path)` gives an object to call with `input_tensor`, uint8 (1, height, width, 3), as the detectors
of the TF2 model zoo are called. It has no variables, and says what the detector is as a frozen graph does: it is served
as it is, and opened, or trained further, by Loadstone.
Specification: tensorflow/core/protobuf/ saved_model.proto, saved_object_graph.proto, struct.proto.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loadstone.export.checkpoint import write_label_map
from loadstone.export.detector import write_detector
from loadstone.export.tensorflow_dialect import TensorFlowDialect, of
from loadstone.export.tensorflow_graph import FLOAT, PRODUCER, UINT8
from loadstone.formats.checkpoint.bundle_writer import write_bundle
from loadstone.formats.checkpoint.object_graph import OBJECT_GRAPH_KEY
from loadstone.formats.dtypes import NUMBERS
from loadstone.formats.rebuilt_member import ATTRIBUTE, SERVED
from loadstone.graphs.write import limited
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.runtime.save_keras import member_of
from loadstone.wire.protobuf_writer import encode, field_bytes
from loadstone.wire.schemas.graph import FUNCTION, NODE, OP_DEF, VERSIONS
from loadstone.wire.schemas.object_graph import TRACKABLE_OBJECT_GRAPH
from loadstone.wire.schemas.saved_model import META_GRAPH, SAVED_MODEL

CALL, SIGNATURE = "__inference___call___1", "__inference_signature_wrapper_2"
INPUT = "input_tensor"
STRING = NUMBERS["string"]
VERSION = {"producer": 1, "min_consumer": 1}
PICTURE = {"dim": [{"size": side} for side in (1, -1, -1, 3)]}

Shapes = Mapping[str, Sequence[int]]
"""Output → its shape; in the order of the names, as TensorFlow flattens a dict."""


def write(found: Rebuilt, path: Path) -> None:
    """Write the detector to a new folder. Raises `LimitError` beyond protobuf's two gibibytes."""
    dialect = TensorFlowDialect()
    write_detector(dialect, found)
    shapes = dict(sorted(dialect.shapes.items()))
    functions = b"".join(field_bytes(1, body) for body in (_call(dialect, shapes), _wrapper(shapes)))
    graph = b"".join(
        [
            *(field_bytes(1, encode(NODE, node)) for node in _nodes(shapes, member_of(found).as_packed())),
            field_bytes(2, functions),
            field_bytes(4, encode(VERSIONS, {"producer": PRODUCER, "min_consumer": 12})),
        ]
    )
    meta = encode(META_GRAPH, {**_about(shapes), "graph_def": graph})
    (path / "variables").mkdir(parents=True)
    data = encode(SAVED_MODEL, {"saved_model_schema_version": 1, "meta_graphs": [meta]})
    (path / "saved_model.pb").write_bytes(limited(data))
    objects = np.array(encode(TRACKABLE_OBJECT_GRAPH, _tracked()), object)
    write_bundle(path / "variables" / "variables", [(OBJECT_GRAPH_KEY, objects)])
    write_label_map(found.labels, path)


def _dims(shape: Sequence[int]) -> dict[str, Any]:
    return {"dim": [{"size": side} for side in shape]}


def _result(name: str) -> str:
    """Return what a function calls an output: no node may have that name."""
    return f"{name}_result"


def _signature(name: str, shapes: Shapes) -> bytes:
    """Return a function's OpDef: one picture, the outputs in the order of their names."""
    results = [{"name": _result(output), "type": FLOAT} for output in shapes]
    return encode(OP_DEF, {"name": name, "input_arg": [{"name": INPUT, "type": UINT8}], "output_arg": results})


def _function(name: str, shapes: Shapes, nodes: bytes, results: Mapping[str, str]) -> bytes:
    """Return a FunctionDef of encoded `node_def` fields."""
    shape = encode(FUNCTION, {"attr": {"_input_shapes": {"list": {"shape": [PICTURE]}}}})
    returned = encode(FUNCTION, {"ret": results})
    return b"".join([field_bytes(1, _signature(name, shapes)), nodes, returned, shape])


def _call(dialect: TensorFlowDialect, shapes: Shapes) -> bytes:
    results = {_result(name): dialect.to.in_function(dialect.outputs[name]) for name in shapes}
    return _function(CALL, shapes, dialect.to.body(), results)


def _wrapper(shapes: Shapes) -> bytes:
    """Return the function that a signature is in TensorFlow 2: it calls the other."""
    node = field_bytes(3, encode(NODE, _calling("PartitionedCall", INPUT, CALL, shapes)))
    results = {_result(name): f"PartitionedCall:output:{number}" for number, name in enumerate(shapes)}
    return _function(SIGNATURE, shapes, node, results)


def _calling(name: str, read: str, function: str, shapes: Shapes) -> dict[str, Any]:
    attributes = {
        "f": {"func": {"name": function}},
        "Tin": {"list": {"type": [UINT8]}},
        "Tout": {"list": {"type": [FLOAT] * len(shapes)}},
        "_output_shapes": {"list": {"shape": [_dims(shape) for shape in shapes.values()]}},
    }
    return {"name": name, "op": "PartitionedCall", "input": [read], "attr": attributes}


def _nodes(shapes: Shapes, description: bytes) -> list[dict[str, Any]]:
    """Return the graph's own nodes: the picture, the call, and a saver with nothing to save or to restore."""
    placeholder = {"dtype": of(UINT8), "shape": {"shape": PICTURE}, ATTRIBUTE: {"s": description}}
    filename = {"dtype": of(STRING), "shape": {"shape": {}}}
    return [
        {"name": SERVED, "op": "Placeholder", "attr": placeholder},
        _calling("PartitionedCall", SERVED, SIGNATURE, shapes),
        {"name": "saver_filename", "op": "Placeholder", "attr": filename},
        {"name": "saver_save", "op": "Identity", "input": ["saver_filename"], "attr": {"T": of(STRING)}},
        {"name": "saver_restore", "op": "NoOp"},
    ]


def _about(shapes: Shapes) -> dict[str, Any]:
    """Return all of the MetaGraph but its graph."""
    outputs = {
        name: {"name": f"PartitionedCall:{number}", "dtype": FLOAT, "tensor_shape": _dims(shape)}
        for number, (name, shape) in enumerate(shapes.items())
    }
    picture = {"name": f"{SERVED}:0", "dtype": UINT8, "tensor_shape": PICTURE}
    serving = {"inputs": {INPUT: picture}, "outputs": outputs, "method_name": "tensorflow/serving/predict"}
    saver = {
        "filename_tensor_name": "saver_filename:0",
        "save_tensor_name": "saver_save:0",
        "restore_op_name": "saver_restore",
        "version": 2,
    }
    return {
        "meta_info_def": {"tags": ["serve"], "stripped_default_attrs": True},
        "saver_def": saver,
        "signature_def": {"serving_default": serving},
        "object_graph_def": _objects(shapes),
    }


CHILDREN: tuple[tuple[tuple[int, str], ...], ...] = (
    ((1, "__call__"), (2, "signatures")),
    ((3, "trace_0"),),
    ((4, "serving_default"),),
    (),
    (),
)
"""The objects by number: the callable, its function, the signatures, the function's trace, the signature."""


def _references(children: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"node_id": number, "local_name": name} for number, name in children]


def _tracked() -> dict[str, Any]:
    """Return the checkpoint's object graph: the same objects, no variable among them."""
    return {"nodes": [{"children": _references(children)} for children in CHILDREN]}


def _objects(shapes: Shapes) -> dict[str, Any]:
    spec = {"tensor_spec_value": {"name": INPUT, "shape": PICTURE, "dtype": UINT8}}
    by_place, by_name = _argument_spec([INPUT], []), _argument_spec([], [INPUT])
    nothing: dict[str, Any] = {"none_value": {}}
    kinds: list[dict[str, Any]] = [
        {"user_object": {"identifier": "_generic_user_object", "version": VERSION}},
        {
            "function": {
                "concrete_functions": [CALL],
                "function_spec": {"fullargspec": by_place, "input_signature": {"tuple_value": {"values": [spec]}}},
            }
        },
        {"user_object": {"identifier": "signature_map", "version": VERSION}},
        {"bare_concrete_function": _bare(CALL, {"fullargspec": by_place, "input_signature": nothing})},
        {"bare_concrete_function": _bare(SIGNATURE, {"fullargspec": by_name, "input_signature": nothing})},
    ]
    nodes = [kind | {"children": _references(children)} for kind, children in zip(kinds, CHILDREN, strict=True)]
    outputs = {
        name: {"tensor_spec_value": {"name": name, "shape": _dims(shape), "dtype": FLOAT}}
        for name, shape in shapes.items()
    }
    result = {"dict_value": {"fields": outputs}}
    called, named = (_inputs([spec], {}), _inputs([], {INPUT: spec}))
    concrete = {
        CALL: {"canonicalized_input_signature": called, "output_signature": result},
        SIGNATURE: {"canonicalized_input_signature": named, "output_signature": result},
    }
    return {"nodes": nodes, "concrete_functions": concrete}


def _bare(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "concrete_function_name": name,
        "argument_keywords": [INPUT],
        "allowed_positional_arguments": 1,
        "function_spec": spec,
    }


def _inputs(by_place: Sequence[Any], by_name: Mapping[str, Any]) -> dict[str, Any]:
    """Return ((arguments by place), {arguments by name})."""
    values = [{"tuple_value": {"values": list(by_place)}}, {"dict_value": {"fields": dict(by_name)}}]
    return {"tuple_value": {"values": values}}


def _argument_spec(by_place: Sequence[str], by_name: Sequence[str]) -> dict[str, Any]:
    """Return Python's FullArgSpec of a function with these arguments."""
    nothing: dict[str, Any] = {"none_value": {}}
    fields = {
        "args": _texts(by_place),
        "varargs": nothing,
        "varkw": nothing,
        "defaults": nothing,
        "kwonlyargs": _texts(by_name),
        "kwonlydefaults": nothing,
        "annotations": {"dict_value": {}},
    }
    pairs = [{"key": key, "value": value} for key, value in fields.items()]
    return {"named_tuple_value": {"name": "FullArgSpec", "values": pairs}}


def _texts(texts: Sequence[str]) -> dict[str, Any]:
    return {"list_value": {"values": [{"string_value": text} for text in texts]}}
