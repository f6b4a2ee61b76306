"""A GraphDef as a mapping of nodes, each still in its original bytes.

What it is: names, operations and inputs of all nodes, decoded; attributes when asked. A `Graph` is never changed:
every step of this room returns a new one, in which an untouched node keeps its bytes.
What it is not: a check that the graph would run. Specification: tensorflow/core/framework/graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from loadstone.errors import FormatError
from loadstone.formats.graph.graph_nodes import attribute_span, text
from loadstone.wire.graph_index import node_spans
from loadstone.wire.protobuf import Buffer, Entry, Message, index_fields
from loadstone.wire.schemas.graph import ATTR_VALUE, GRAPH_DEF, NODE


class Input(NamedTuple):
    """What a node reads: output `port` of the node `name`, or only that it has run (`control`)."""

    name: str
    port: int = 0
    control: bool = False

    def __str__(self) -> str:
        if self.control:
            return f"^{self.name}"
        return f"{self.name}:{self.port}" if self.port else self.name


def parse_input(written: str) -> Input:
    """Return what `name`, `name:1` or `^name` stands for."""
    if written.startswith("^"):
        return Input(written[1:], control=True)
    name, colon, port = written.rpartition(":")
    return Input(name, int(port)) if colon and port.isdecimal() and len(port) < 10 else Input(written)


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `data[start:end]` is its NodeDef."""

    name: str
    op: str
    inputs: tuple[Input, ...]
    data: Buffer = field(repr=False)
    start: int = field(repr=False, default=0)
    end: int = field(repr=False, default=0)

    @property
    def raw(self) -> bytes:
        """The node's own bytes."""
        return bytes(self.data[self.start : self.end])

    @property
    def sources(self) -> tuple[Input, ...]:
        """The inputs that carry a value, in order."""
        return tuple(read for read in self.inputs if not read.control)

    def attribute(self, key: str) -> Message:
        """Return an attribute's `AttrValue`; an empty one where the node has none of this name."""
        span = (self.name.encode(), self.op.encode(), self.start, self.end)
        found = attribute_span(self.data, span, key.encode())
        return Message(self.data, ATTR_VALUE, *found, f"node {self.name}.attr[{key}]", depth=1)


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by name, in the file's order; `library` and `versions` are the messages' own bytes, None where absent."""

    nodes: Mapping[str, Node]
    library: bytes | None = None
    versions: bytes | None = None

    def __getitem__(self, name: str) -> Node:
        found = self.nodes.get(name)
        if found is None:
            raise FormatError(
                f"the graph has no node {name}", where="GraphDef", help="list its nodes with `loadstone inspect`"
            )
        return found

    def with_nodes(self, nodes: Iterable[Node]) -> Graph:
        """Return the same graph with other nodes."""
        return Graph({node.name: node for node in nodes}, self.library, self.versions)

    def replaced(self, changed: Mapping[str, Node]) -> Graph:
        """Return the graph in which some nodes are others, each in its place; new names come first."""
        fresh = [node for name, node in changed.items() if name not in self.nodes]
        return self.with_nodes([*fresh, *(changed.get(name, node) for name, node in self.nodes.items())])


def parse_graph_def(data: Buffer) -> Graph:
    """Return the graph of a GraphDef's bytes. Raises `FormatError` for bytes that are none."""
    return graph_of(Message(data, GRAPH_DEF))


def graph_of(message: Message) -> Graph:
    """Return the graph of a `GraphDef` message, such as a MetaGraph's."""
    data = message.data
    if isinstance(data, memoryview):
        data = data.tobytes()
    nodes = nodes_of(data, message.entries.get(1, []), f"{message.where}.node")
    library = message.blob("library") if "library" in message else None
    return Graph(nodes, library, message.blob("versions") if "versions" in message else None)


def nodes_of(data: Buffer, entries: Sequence[Entry], where: str) -> dict[str, Node]:
    """Return the nodes at `entries`, of a graph or of a function's body, by name."""
    nodes: dict[str, Node] = {}
    for name, op, start, end in node_spans(data, entries, where):
        node = Node(text(name), text(op), _inputs(data, start, end), data, start, end)
        if node.name in nodes:
            raise FormatError("two nodes of one name", where=f"node {node.name}", expected="every name once")
        nodes[node.name] = node
    return nodes


def _inputs(data: Buffer, start: int, end: int) -> tuple[Input, ...]:
    entries = index_fields(data, start, end).get(3, ())
    return tuple(parse_input(text(bytes(data[entry[0] : entry[1]]))) for entry in entries if not isinstance(entry, int))


def node_message(node: Node) -> Message:
    """Return the whole NodeDef, for fields that `Node` does not hold."""
    return Message(node.data, NODE, node.start, node.end, f"node {node.name}")
