"""Put the bodies of called functions in the place of their calls, as a TF2 graph needs before it can be frozen.

What it is: what TensorFlow's runtime does with `PartitionedCall`, on data. Functions that loops and branches call
(`While`, `If`) stay in the library, and only those. What it is not: an optimiser; and order among stateful operations
is kept only as far as edges say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loadstone.errors import FormatError, LimitError
from loadstone.graphs.functions import Function, Library, OutputPorts
from loadstone.graphs.graph import Graph, Input, Node, parse_input
from loadstone.graphs.prune import COLOCATION, prune
from loadstone.graphs.write import with_inputs
from loadstone.wire.protobuf import Message

CALL_DEPTH = 64
"""Calls within calls; the deepest Keras export in the corpus has 9. A function that calls itself never ends."""

INLINED_NODES = 100_000
"""Nodes of one signature with its calls in line; the largest detector in the corpus has 10,800."""


def inline(graph: Graph, op_list: Message, ends: Iterable[str]) -> tuple[Graph, tuple[Input, ...]]:
    """Return the graph that `ends` (tensors) need, without calls, and where each end's value now comes from.

    `op_list` is the MetaGraph's `stripped_op_list`. Raises `FormatError` for a call that does not fit its function,
    `LimitError` where calls nest without end.
    """
    wanted = [parse_input(end) for end in ends]
    work = _Inliner(prune(graph, [read.name for read in wanted]), op_list)
    work.run()
    sources = tuple(work.resolve(read) for read in wanted)
    nodes = [work.settled(node) for node in work.nodes.values()]
    kept = prune(graph.with_nodes(nodes), [read.name for read in sources])
    return replace(kept, library=work.library.needed(kept.nodes.values())), sources


class _Inliner:
    """The nodes so far, and what stands for the outputs of calls that are gone."""

    def __init__(self, graph: Graph, op_list: Message) -> None:
        self.library = Library(graph)
        self.ports = OutputPorts(op_list, self.library)
        self.nodes = dict(graph.nodes)
        self.outputs: dict[tuple[str, int], Input] = {}
        self.controls: dict[str, tuple[Input, ...]] = {}

    def run(self) -> None:
        waiting = [(node, 0) for node in self.nodes.values()]
        while waiting:
            node, depth = waiting.pop()
            name = self.library.called(node)
            if not name:
                continue
            if depth >= CALL_DEPTH:
                raise LimitError(f"calls of functions nest deeper than {CALL_DEPTH}", where=f"node {node.name}")
            if name not in self.library:
                raise FormatError(f"the graph has no function {name}", where=f"node {node.name}")
            waiting += [(inner, depth + 1) for inner in self._expand(node, self.library[name])]
            if len(self.nodes) > INLINED_NODES:
                expected = f"at most {INLINED_NODES:,} nodes"
                raise LimitError("the graph without calls is too large", where=f"node {node.name}", expected=expected)

    def _expand(self, call: Node, function: Function) -> list[Node]:
        """Replace one call by the body's nodes, which are returned."""
        if len(call.sources) != len(function.arguments):
            raise FormatError(
                f"a call does not fit the function {function.name}",
                where=f"node {call.name}",
                expected=f"{len(function.arguments)} inputs",
                found=str(len(call.sources)),
            )
        body = _Body(call, function, self.ports)
        inner = [body.placed(node) for node in function.nodes.values()]
        del self.nodes[call.name]
        self.nodes.update((node.name, node) for node in inner)
        for number, output in enumerate(function.outputs):
            if output in function.returns:
                self.outputs[call.name, number] = body.edge(function.returns[output])
        self.controls[call.name] = tuple(Input(f"{call.name}/{name}", control=True) for name in function.controls)
        return inner

    def resolve(self, read: Input) -> Input:
        """Return where a value comes from, behind all calls that are gone."""
        for _ in range(2 * CALL_DEPTH):
            if (read.name, read.port) not in self.outputs:
                break
            read = self.outputs[read.name, read.port]
        if read.name in self.controls:
            raise FormatError("a call's output is read that its function does not return", where=str(read))
        return read

    def settled(self, node: Node) -> Node:
        """Return a node with all its edges resolved."""
        reads = tuple(self._all(node.inputs))
        return node if reads == node.inputs else with_inputs(node, reads)

    def _all(self, reads: Iterable[Input]) -> list[Input]:
        values = [self.resolve(read) for read in reads if not read.control]
        waits: dict[Input, None] = {}
        todo = [read for read in reads if read.control]
        while todo:
            read = todo.pop()
            if read.name in self.controls:
                todo += self.controls[read.name]
            else:
                waits[read] = None
        return [*values, *waits]


class _Body:
    """One function's nodes under a call's name."""

    def __init__(self, call: Node, function: Function, ports: OutputPorts) -> None:
        self._prefix = f"{call.name}/"
        self._arguments = dict(zip(function.arguments, call.sources, strict=True))
        self._function = function
        self._ports = ports

    def placed(self, node: Node) -> Node:
        """Return a body's node under its new name; whom it wished to lie beside has another name, too."""
        reads = [self.edge(read) for read in node.inputs]
        return with_inputs(node, reads, name=self._prefix + node.name, without=COLOCATION)

    def edge(self, read: Input) -> Input:
        """Return what an edge inside the body is outside."""
        name, colon, output = read.name.partition(":")
        if name in self._arguments and name not in self._function.nodes:
            source = self._arguments[name]
            return Input(source.name, control=True) if read.control else source
        if read.control:
            return Input(self._prefix + name, control=True)
        node = self._function.nodes.get(name)
        if node is None:
            raise FormatError(
                "a node reads one that its function does not have",
                where=f"function {self._function.name}",
                found=str(read),
            )
        return Input(self._prefix + name, (self._ports.port(node, output) if colon else 0) + read.port)
