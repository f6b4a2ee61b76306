"""Which checkpoint key stands behind a path of attributes, such as `model/_feature_extractor/_base_model/…/kernel`.

A SavedModel names a variable by the first way to it that its writer came upon, often a bare number in a list
(`_model/_feature_extractor/variables/7`); the same object graph holds every other way too, the checkpoint's among them.
What it is not: a search; a path is followed from the root, one attribute at a time.
Specification: tensorflow/core/protobuf/trackable_object_graph.proto.
"""

from __future__ import annotations

from loadstone.errors import FormatError
from loadstone.wire.protobuf import Buffer, Entry, Message, index_fields
from loadstone.wire.schemas.object_graph import SERIALIZED_TENSOR, TRACKABLE_OBJECT_GRAPH

_NODES, _CHILDREN, _TENSORS = 1, 1, 2
_NODE_ID, _LOCAL_NAME = 1, 2
VALUE = "VARIABLE_VALUE"
"""What a variable calls its one tensor."""


def unescaped(part: str) -> str:
    """Return an attribute's name as the graph has it: a key writes `.S` for `/` within one, and `..` for `.`."""
    return part.replace("..", "\0").replace(".S", "/").replace("\0", ".") if "." in part else part


class ObjectPaths:
    """An object graph that is read as far as paths lead. Raises `FormatError` where its bytes are not a graph's."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._nodes = Message(data, TRACKABLE_OBJECT_GRAPH).entries.get(_NODES, [])
        self._children: dict[int, dict[str, int]] = {}

    def key_at(self, path: str) -> str | None:
        """Return the key of the variable at a path, escaped as in a checkpoint's keys; None where there is none."""
        node = 0
        for part in path.split("/"):
            child = self._children_of(node).get(unescaped(part))
            if child is None:
                return None
            node = child
        return self.value_key(node)

    def children(self, node: int) -> dict[str, int]:
        """Return a node's parts: attribute → number of its node. The root is 0."""
        return self._children_of(node)

    def value_key(self, node: int) -> str | None:
        """Return the key of the variable that a node is; None where it is none."""
        for span in self._messages(self._fields(node).get(_TENSORS, [])):
            tensor = Message(self._data, SERIALIZED_TENSOR, *span)
            if tensor.text("name") == VALUE:
                return tensor.text("checkpoint_key")
        return None

    def _children_of(self, node: int) -> dict[str, int]:
        if node not in self._children:
            spans = self._messages(self._fields(node).get(_CHILDREN, []))
            self._children[node] = dict(self._child(span) for span in spans)
        return self._children[node]

    def _child(self, span: tuple[int, int]) -> tuple[str, int]:
        fields = index_fields(self._data, *span)
        node = fields.get(_NODE_ID, [0])[-1]
        if not isinstance(node, int):
            raise FormatError("a child's node id in the object graph has the wrong wire type", expected="varint")
        (start, end), *_ = self._messages(fields.get(_LOCAL_NAME, [(0, 0)])[-1:])
        return bytes(self._data[start:end]).decode("utf-8", "backslashreplace"), node

    def _fields(self, node: int) -> dict[int, list[Entry]]:
        if not node < len(self._nodes):
            raise FormatError(
                "the object graph has no such node", expected=f"below {len(self._nodes)}", found=str(node)
            )
        return index_fields(self._data, *self._messages([self._nodes[node]])[0])

    def _messages(self, entries: list[Entry]) -> list[tuple[int, int]]:
        spans = [entry for entry in entries if not isinstance(entry, int)]
        if len(spans) != len(entries):
            raise FormatError("a field of the object graph has the wrong wire type", expected="length-delimited")
        return spans
