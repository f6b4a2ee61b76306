"""An object graph changed: objects moved to other attributes, variables forgotten; everything else as it was.

What it is: a small mutable form of a TrackableObjectGraph, read from bytes and written back, with fields that are not
ours kept as bytes. What it is not: a graph of live objects.
Specification: tensorflow/core/protobuf/trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from loadstone.errors import FormatError
from loadstone.wire.protobuf import Buffer, Message, signed
from loadstone.wire.protobuf_writer import encode, field_bytes
from loadstone.wire.schemas.object_graph import (
    OBJECT_REFERENCE,
    SERIALIZED_TENSOR,
    SLOT_VARIABLE_REFERENCE,
    TRACKABLE_OBJECT_GRAPH,
)

_CHILDREN, _ATTRIBUTES, _SLOTS = 1, 2, 3


@dataclass(slots=True)
class Node:
    """One object: `children` (name, node), its tensors (name, full name, key), its slots (variable, name, slot)."""

    children: list[tuple[str, int]] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    slots: list[tuple[int, str, int]] = field(default_factory=list)
    rest: bytes = b""

    def child(self, name: str) -> int | None:
        """Return the node that an attribute leads to."""
        return next((node for label, node in self.children if label == name), None)


class EditableGraph:
    """Nodes by number; 0 is the root. Raises `FormatError` for a graph without one, or that names nodes it has not."""

    def __init__(self, data: Buffer) -> None:
        self.nodes = [_node(node) for node in Message(data, TRACKABLE_OBJECT_GRAPH).messages("nodes")]
        if not self.nodes:
            raise FormatError("the object graph has no nodes", expected="TrackableObjectGraph.nodes")
        for node in self.nodes:
            for name, number in node.children:
                if not 0 <= number < len(self.nodes):
                    last = len(self.nodes) - 1
                    raise FormatError(
                        "the object graph names a node that it has not",
                        where=name,
                        expected=f"0 to {last}",
                        found=str(number),
                    )

    def at(self, path: str) -> int | None:
        """Return the node that a path of attributes leads to; the empty path is the root."""
        node: int | None = 0
        for part in _parts(path):
            if node is None:
                return None
            node = self.nodes[node].child(part)
        return node

    def move(self, old: str, new: str) -> bool:
        """Let what `old` leads to be led to by `new`; returns whether it was there."""
        if not old:
            return self._wrap(new)
        moved, (parent, name) = self.at(old), _split(old)
        holder = self.at(parent)
        if moved is None or holder is None:
            return False
        self.nodes[holder].children.remove((name, moved))
        if not new:
            self.nodes[0].children += self.nodes[moved].children
            return True
        above, label = _split(new)
        place = self._made(above)
        existing = self.nodes[place].child(label)
        if existing is None:
            self.nodes[place].children.append((label, moved))
        else:
            self.nodes[existing].children += self.nodes[moved].children
        return True

    def _wrap(self, new: str) -> bool:
        """Put the whole below a path: the root's attributes become those of a new object."""
        root = self.nodes[0]
        inner = Node(root.children, root.attributes, root.slots)
        root.children, root.attributes, root.slots = [], [], []
        self.nodes.append(inner)
        above, label = _split(new)
        self.nodes[self._made(above)].children.append((label, len(self.nodes) - 1))
        return True

    def _made(self, path: str) -> int:
        node = 0
        for part in _parts(path):
            found = self.nodes[node].child(part)
            if found is None:
                self.nodes.append(Node())
                found = len(self.nodes) - 1
                self.nodes[node].children.append((part, found))
            node = found
        return node

    def rename_keys(self, rename: Callable[[str], str]) -> None:
        """Give tensors their new keys."""
        for node in self.nodes:
            node.attributes = [(name, full, rename(key)) for name, full, key in node.attributes]

    def forget(self, keys: Collection[str]) -> None:
        """Take away tensors by key, and the slots that were them."""
        gone = set()
        for number, node in enumerate(self.nodes):
            kept = [one for one in node.attributes if one[2] not in keys]
            if len(kept) < len(node.attributes):
                gone.add(number)
            node.attributes = kept
        for node in self.nodes:
            node.slots = [one for one in node.slots if one[2] not in gone]

    def encoded(self) -> bytes:
        """Return the graph as bytes."""
        return b"".join(field_bytes(1, _encoded(node)) for node in self.nodes)


def _parts(path: str) -> list[str]:
    return [part.replace(".S", "/").replace("..", ".") for part in path.split("/")] if path else []


def _split(path: str) -> tuple[str, str]:
    above, _, last = path.rpartition("/")
    return above, _parts(last)[0]


def _node(message: Message) -> Node:
    node = Node()
    for child in message.messages("children"):
        node.children.append((child.text("local_name"), signed(child.uint("node_id"))))
    for tensor in message.messages("attributes"):
        node.attributes.append((tensor.text("name"), tensor.text("full_name"), tensor.text("checkpoint_key")))
    for slot in message.messages("slot_variables"):
        ids = (signed(slot.uint("original_variable_node_id")), signed(slot.uint("slot_variable_node_id")))
        node.slots.append((ids[0], slot.text("slot_name"), ids[1]))
    for name in ("registered_saver", "has_checkpoint_values"):
        if name in message:
            number = message.kind.fields[name][0]
            node.rest += field_bytes(number, message.blob(name))
    return node


def _encoded(node: Node) -> bytes:
    parts = [
        field_bytes(_CHILDREN, encode(OBJECT_REFERENCE, {"node_id": number, "local_name": name}))
        for name, number in node.children
    ]
    for name, full, key in node.attributes:
        values = {"name": name, "full_name": full, "checkpoint_key": key}
        parts.append(field_bytes(_ATTRIBUTES, encode(SERIALIZED_TENSOR, values)))
    for original, name, slot in node.slots:
        ids = {"original_variable_node_id": original, "slot_name": name, "slot_variable_node_id": slot}
        parts.append(field_bytes(_SLOTS, encode(SLOT_VARIABLE_REFERENCE, ids)))
    return b"".join((*parts, node.rest))
