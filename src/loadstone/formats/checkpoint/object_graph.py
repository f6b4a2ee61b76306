"""The object graph of a TF2 checkpoint: which variable stands behind each key, and which are an optimizer's slots.

What it is: keys → variable names and slots, and the attribute path that a key spells.
What it is not: a rebuilt tree of Python objects; references are counted, not followed.
Specification: tensorflow/core/protobuf/trackable_object_graph.proto; the escapes are those of TensorFlow's
trackable_utils (`.S` for `/`, `..` for `.`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadstone.errors import FormatError
from loadstone.wire.protobuf import Buffer, Entry, Message, index_fields, signed
from loadstone.wire.schemas.object_graph import SERIALIZED_TENSOR, SLOT_VARIABLE_REFERENCE, TRACKABLE_OBJECT_GRAPH

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"

_CHILDREN, _TENSORS, _SLOTS = 1, 2, 3
_NODES = 1
_CHILD_TAG = _CHILDREN << 3 | 2


@dataclass(frozen=True, slots=True)
class ObjectGraph:
    """What an object graph states of its variables.

    `nodes` is the number of objects. `full_names` maps a checkpoint key to the variable's own name;
    `slots` maps the key of an optimizer's slot variable to the slot's name. `roots` are the root's attributes.
    """

    nodes: int = 0
    full_names: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)
    roots: tuple[str, ...] = ()


def read_object_graph(data: Buffer) -> ObjectGraph:
    """Read a serialised TrackableObjectGraph; raises `FormatError` with its field path."""
    nodes = _spans(Message(data, TRACKABLE_OBJECT_GRAPH).entries.get(_NODES, []))
    full_names: dict[str, str] = {}
    keys: dict[int, str] = {}
    slots: list[tuple[int, str]] = []
    roots: tuple[str, ...] = ()
    for number, (start, end) in enumerate(nodes):
        try:
            fields = index_fields(data, _after_children(data, start, end) if number else start, end)
        except FormatError as error:
            raise error.at(f"TrackableObjectGraph.nodes[{number}]") from None
        if number == 0:
            roots = tuple(_text(data, child, 2) for child in _spans(fields.get(_CHILDREN, [])))
        for span in _spans(fields.get(_TENSORS, [])):
            tensor = Message(data, SERIALIZED_TENSOR, *span)
            key = tensor.text("checkpoint_key")
            keys[number] = key
            if full_name := tensor.text("full_name"):
                full_names[key] = full_name
        for span in _spans(fields.get(_SLOTS, [])):
            slot = Message(data, SLOT_VARIABLE_REFERENCE, *span)
            slots.append((signed(slot.uint("slot_variable_node_id")), slot.text("slot_name")))
    by_key = {keys[node]: name for node, name in slots if node in keys}
    return ObjectGraph(len(nodes), full_names, by_key, roots)


def _after_children(data: Buffer, at: int, end: int) -> int:
    """Return where the children end. They come first and are nine tenths of a graph, so they are stepped over here."""
    while at + 1 < end and data[at] == _CHILD_TAG and data[at + 1] < 0x80:
        after = at + 2 + data[at + 1]
        if after > end:
            break
        at = after
    return at


def _spans(entries: list[Entry]) -> list[tuple[int, int]]:
    spans = []
    for entry in entries:
        if isinstance(entry, int):
            raise FormatError("a field of the object graph has the wrong wire type", expected="length-delimited")
        spans.append(entry)
    return spans


def _text(data: Buffer, span: tuple[int, int], number: int) -> str:
    """Return one string field of a message, without a schema."""
    entry = index_fields(data, *span).get(number, [(0, 0)])[-1]
    start, end = _spans([entry])[0]
    return bytes(data[start:end]).decode("utf-8", "backslashreplace")
