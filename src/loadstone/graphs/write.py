"""Nodes and graphs as bytes.

What it is: a GraphDef in which untouched nodes are byte for byte what they were; new nodes from plain values.
Specification: tensorflow/core/framework/ graph.proto, node_def.proto, tensor.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from loadstone.errors import LimitError, UnsupportedModelError
from loadstone.formats.dtypes import DTYPES, NUMBERS
from loadstone.graphs.graph import Graph, Input, Node, node_message
from loadstone.wire.limits import PROTOBUF_BYTES, shown
from loadstone.wire.protobuf import MAP_ENTRY, Buffer, Message
from loadstone.wire.protobuf_writer import Values, encode, field_bytes
from loadstone.wire.schemas.graph import NODE, TENSOR

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_NODE, _LIBRARY, _VERSIONS = 1, 2, 4


def graph_bytes(graph: Graph) -> bytes:
    """Return the GraphDef. Raises `LimitError` beyond protobuf's two gibibytes."""
    parts = [field_bytes(_NODE, node.raw) for node in graph.nodes.values()]
    if graph.library is not None:
        parts.append(field_bytes(_LIBRARY, graph.library))
    if graph.versions is not None:
        parts.append(field_bytes(_VERSIONS, graph.versions))
    return limited(b"".join(parts))


def limited(data: bytes) -> bytes:
    """Return a message's bytes; raises `LimitError` beyond protobuf's two gibibytes."""
    size = len(data)
    if size >= PROTOBUF_BYTES:
        raise LimitError(
            "the graph is larger than a protobuf message can be",
            expected=f"less than {shown(PROTOBUF_BYTES)}",
            found=shown(size),
            help="keep the variables in a checkpoint",
        )
    return data


def make_node(
    name: str, op: str, inputs: Iterable[Input] = (), *, attributes: Mapping[str, Values] | None = None
) -> Node:
    """Return a new node; `attributes` maps names to `AttrValue`s as plain values."""
    reads = tuple(inputs)
    raw = encode(NODE, {"name": name, "op": op, "input": [str(read) for read in reads], "attr": attributes or {}})
    return Node(name, op, reads, raw, 0, len(raw))


def with_inputs(node: Node, inputs: Iterable[Input], *, name: str = "", without: str = "") -> Node:
    """Return the node reading other inputs, and under another `name` if one is given.

    Its attributes (all but the one named `without`), device and debug information stay as they are.
    """
    reads = tuple(inputs)
    name = name or node.name
    message = node_message(node)
    data = node.data
    parts = [encode(NODE, {"name": name, "op": node.op, "input": [str(read) for read in reads]})]
    for number in (4, 5, 6, 7):
        for entry in message.entries.get(number, ()):
            if isinstance(entry, tuple) and not (without and number == 5 and _key(data, entry) == without.encode()):
                parts.append(field_bytes(number, bytes(data[entry[0] : entry[1]])))
    raw = b"".join(parts)
    return Node(name, node.op, reads, raw, 0, len(raw))


def _key(data: Buffer, span: tuple[int, int]) -> bytes:
    """Return the name of the attribute whose pair lies at `span`."""
    return Message(data, MAP_ENTRY, *span).blob("key")


def const_node(name: str, values: npt.NDArray[Any], dtype: int = 0, inputs: Iterable[Input] = ()) -> Node:
    """Return a `Const` that holds the array.

    `dtype` is TensorFlow's number where the array's own type does not say it (a bfloat16 that was read as float32, a
    quantised type that was read as an integer). `inputs` are control inputs.
    """
    number = dtype or NUMBERS.get(values.dtype.name, 0)
    if number not in DTYPES and values.dtype != object:
        raise UnsupportedModelError(f"arrays of type {values.dtype} have no place in a graph", where=f"node {name}")
    dims = {"dim": [{"size": side} for side in values.shape]}
    if values.dtype == object:
        number = NUMBERS["string"]
        content: dict[str, Any] = {"string_val": [bytes(value) for value in values.ravel()]}
    else:
        content = {"tensor_content": _stored(values, number)}
    tensor = encode(TENSOR, {"dtype": number, "tensor_shape": dims, **content})
    return make_node(name, "Const", inputs, attributes={"dtype": {"type": number}, "value": {"tensor": tensor}})


def _stored(values: npt.NDArray[Any], number: int) -> bytes:
    """Return the elements in the form that TensorFlow stores for a dtype."""
    import numpy as np

    wanted = DTYPES[number]
    if wanted.name == "bfloat16" and values.dtype == np.float32:
        return (np.ascontiguousarray(values).view(np.uint32) >> np.uint32(16)).astype("<u2").tobytes()
    stored: np.ndarray[Any, Any] = values.astype(wanted.stored, casting="same_kind" if wanted.width > 1 else "unsafe")
    return stored.tobytes()
