"""A graph's function library: bodies by name, and how a body's edges are written.

What it is: `FunctionDef`s as nodes, arguments and results. Inside a body an edge is `node:output:number`, where
`output` is the name that the operation's definition gives; `OutputPorts` turns that into a plain number.
Specification: tensorflow/core/framework/ function.proto, op_def.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from loadstone.errors import FormatError
from loadstone.graphs.graph import Graph, Input, Node, node_message, nodes_of, parse_input
from loadstone.wire.protobuf import MAP_ENTRY, Message
from loadstone.wire.protobuf_writer import field_bytes
from loadstone.wire.schemas.graph import ATTR_VALUE, FUNCTION_LIBRARY

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_NODE_FIELD = 3


@dataclass(frozen=True, slots=True)
class Function:
    """One function: `returns` maps each output to the edge inside the body, `controls` are nodes that must have run."""

    name: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: Mapping[str, Node]
    returns: Mapping[str, Input]
    controls: tuple[str, ...]


class Library(Mapping[str, Function]):
    """The functions of a graph by name, each parsed when it is first asked for."""

    def __init__(self, graph: Graph) -> None:
        self._messages: dict[str, Message] = {}
        self._parsed: dict[str, Function] = {}
        for message in Message(graph.library or b"", FUNCTION_LIBRARY).messages("function"):
            self._messages[message.message("signature").text("name")] = message

    def __getitem__(self, name: str) -> Function:
        if name not in self._parsed:
            self._parsed[name] = _parse(name, self._messages[name])
        return self._parsed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def called(self, node: Node) -> str:
        """Return the function that a node calls with its inputs and whose results are its own; empty: it is no call."""
        if node.op in CALLS:
            return node.attribute("f").message("func").text("name")
        return node.op if node.op in self._messages else ""

    def needed(self, nodes: Iterable[Node]) -> bytes | None:
        """Return the library with only the functions that the nodes call, directly or through others; None for none."""
        found: dict[str, None] = {}
        waiting = list(nodes)
        while waiting:
            for name in _functions_in(waiting.pop()):
                if name in self._messages and name not in found:
                    found[name] = None
                    waiting += self[name].nodes.values()
        # In the library's own order, so that the same graph is always written the same.
        messages = (message for name, message in self._messages.items() if name in found)
        parts = (bytes(message.data[message.start : message.end]) for message in messages)
        return b"".join(field_bytes(1, part) for part in parts) or None


def _parse(name: str, message: Message) -> Function:
    signature = message.message("signature")
    nodes = nodes_of(message.data, message.entries.get(_NODE_FIELD, []), f"function {name}.node_def")
    return Function(
        name,
        tuple(argument.text("name") for argument in signature.messages("input_arg")),
        tuple(argument.text("name") for argument in signature.messages("output_arg")),
        nodes,
        {key: parse_input(value) for key, value in _pairs(message, "ret")},
        tuple(value for _, value in _pairs(message, "control_ret")),
    )


def _pairs(message: Message, field: str) -> Iterator[tuple[str, str]]:
    for start, end in message.spans_of(field):
        pair = Message(message.data, MAP_ENTRY, start, end, f"{message.where}.{field}", message.depth + 1)
        yield pair.text("key"), pair.text("value")


def _functions_in(node: Node) -> Iterator[str]:
    """Yield the functions that a node's attributes name, and its operation, which may be a function's name."""
    yield node.op
    for start, end in node_message(node).spans_of("attr"):
        pair = Message(node.data, MAP_ENTRY, start, end, f"node {node.name}.attr")
        value = Message(node.data, ATTR_VALUE, *(pair.span("value") or (end, end)), pair.where, 1)
        for function in (*value.messages("func"), *value.message("list").messages("func")):
            yield function.text("name")


class OutputPorts:
    """Which number an operation's named output has, by the definitions that the model carries along."""

    def __init__(self, op_list: Message, library: Library) -> None:
        self._definitions = {definition.text("name"): definition for definition in op_list.messages("op")}
        self._library = library

    def port(self, node: Node, output: str) -> int:
        """Return the number of the first tensor of a node's output."""
        if node.op in self._library:
            outputs = self._library[node.op].outputs
            return outputs.index(output) if output in outputs else self._unknown(node, output)
        definition = self._definitions.get(node.op)
        if definition is None:
            # An operation that is not described has, nearly always, one output.
            return 0
        port = 0
        for argument in definition.messages("output_arg"):
            if argument.text("name") == output:
                return port
            port += _length(node, argument)
        return self._unknown(node, output)

    def _unknown(self, node: Node, output: str) -> int:
        raise FormatError(f"{node.op} has no output {output}", where=f"node {node.name}")


def _length(node: Node, argument: Message) -> int:
    """Return how many tensors one output argument stands for."""
    if number := argument.text("number_attr"):
        return max(0, node.attribute(number).sint("i"))
    if types := argument.text("type_list_attr"):
        return len(node.attribute(types).message("list").uints("type"))
    return 1
