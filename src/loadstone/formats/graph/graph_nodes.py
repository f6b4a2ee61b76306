"""A GraphDef's nodes, functions and versions, indexed and not decoded; one node is decoded when somebody asks.

What it is: names, operations and places of all nodes, at every depth. What it is not: a graph that can be changed
(see the room `graphs`). Specification: tensorflow/core/framework/graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loadstone.errors import FormatError
from loadstone.wire.graph_index import NodeSpan, node_spans
from loadstone.wire.protobuf import Buffer, Message, index_fields
from loadstone.wire.schemas.graph import ATTR_VALUE, FUNCTION, NODE

_NOTHING = (0, 0)


@dataclass(frozen=True, slots=True)
class Graph:
    """One GraphDef. `functions` are those of its library, by name; `producer` 0 means that no version is recorded."""

    data: Buffer
    nodes: list[NodeSpan]
    functions: Mapping[str, list[NodeSpan]]
    producer: int = 0
    min_consumer: int = 0

    def all_nodes(self) -> Iterator[tuple[str, NodeSpan]]:
        """Yield every node with the name of the function it is in (empty for the graph itself)."""
        for span in self.nodes:
            yield "", span
        for name, spans in self.functions.items():
            for span in spans:
                yield name, span

    def node(self, span: NodeSpan) -> Message:
        """Return one node to read its attributes from."""
        return Message(self.data, NODE, span[2], span[3], f"node {text(span[0])}")

    def inputs(self, span: NodeSpan) -> list[bytes]:
        """Return what one node reads: `name`, `name:1` or `^name`."""
        entries = index_fields(self.data, span[2], span[3]).get(3, ())
        return [bytes(self.data[entry[0] : entry[1]]) for entry in entries if not isinstance(entry, int)]

    def attribute(self, span: NodeSpan, key: bytes) -> Message:
        """Return one attribute's `AttrValue`; an empty one where the node has none of this name."""
        found = attribute_span(self.data, span, key)
        where = f"node {text(span[0])}.attr[{text(key)}]"
        return Message(self.data, ATTR_VALUE, found[0], found[1], where, depth=1)


def text(raw: bytes) -> str:
    """Return a name as text; bytes that are not UTF-8 are shown as escapes."""
    return raw.decode("utf-8", "backslashreplace")


def attribute_span(data: Buffer, span: NodeSpan, key: bytes) -> tuple[int, int]:
    """Return where the value of one attribute lies; (0, 0) where it is absent. A later pair of the same key wins."""
    found = _NOTHING
    for entry in index_fields(data, span[2], span[3]).get(5, ()):
        if isinstance(entry, int):
            raise FormatError("an attribute is stored as a number", where=f"node {text(span[0])}")
        # Whether the key occurs at all is cheap to know, and nearly always no.
        if data[entry[0] : entry[1]].find(key) < 0:  # type: ignore[union-attr]
            continue
        pair = index_fields(data, entry[0], entry[1])
        name, value = pair.get(1, [_NOTHING])[-1], pair.get(2, [_NOTHING])[-1]
        if isinstance(name, int) or isinstance(value, int):
            raise FormatError("an attribute's key or value is stored as a number", where=f"node {text(span[0])}")
        if data[name[0] : name[1]] == key:
            found = value
    return found


def parse_graph(message: Message) -> Graph:
    """Index a `GraphDef`. Raises `FormatError` for bytes that are none."""
    versions = message.message("versions")
    # Before `versions` there was a lone number.
    producer = versions.sint("producer") if "versions" in message else message.sint("version")
    data = message.data
    if isinstance(data, memoryview):
        data = data.tobytes()
    nodes = node_spans(data, message.entries.get(1, ()), f"{message.where}.node")
    functions: dict[str, list[NodeSpan]] = {}
    for name, spans in _functions(message, data):
        # Two functions of one name are an error to TensorFlow; here neither hides the other.
        functions.setdefault(name, []).extend(spans)
    return Graph(data, nodes, functions, producer, versions.sint("min_consumer"))


def _functions(message: Message, data: Buffer) -> Iterator[tuple[str, list[NodeSpan]]]:
    library = message.message("library")
    for number, span in enumerate(library.spans_of("function")):
        where = f"{library.where}.function[{number}]"
        try:
            fields = index_fields(data, *span)
        except FormatError as error:
            raise error.at(where) from None
        name = _signature_name(Message(data, FUNCTION, *span, where), data, fields.get(1, [_NOTHING])[-1])
        yield name, node_spans(data, fields.get(3, ()), f"{where} ({name}).node_def")


def _signature_name(function: Message, data: Buffer, signature: int | tuple[int, int]) -> str:
    if isinstance(signature, tuple):
        start, end = signature
        # An OpDef's name comes first; a long signature need not be looked at further.
        if end - start > 2 and data[start] == 0x0A and (length := data[start + 1]) < 0x80 and length + 2 <= end - start:
            return text(bytes(data[start + 2 : start + 2 + length]))
    return function.message("signature").text("name")
