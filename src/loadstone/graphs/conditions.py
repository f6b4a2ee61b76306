"""Settle the branches of TF1 conditions whose predicate is known, so that no `Switch` and `Merge` is left of them.

What it is: `is_training` and Keras's learning phase decided for inference; the branch that is not taken disappears.
What it is not: an evaluator of loops: a predicate that the graph computes is left as it is.
Specification: tensorflow/core/ops/control_flow_ops.cc (dead tensors).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.graph import Graph, Input, Node
from loadstone.graphs.write import const_node, make_node, with_inputs

if TYPE_CHECKING:
    import numpy as np

_SWITCHES = ("Switch", "RefSwitch")
_MERGES = ("Merge", "RefMerge")
_HOPS = 16
_BOOL = 10


def settle(graph: Graph, known: Mapping[str, bool] | None = None) -> Graph:
    """Return the graph without the conditions that a constant decides.

    `known` gives the value of placeholders by name (`keras_learning_phase: False`); a `PlaceholderWithDefault` of a
    constant counts as its default. Loops keep their switches.
    """
    settled = _Settled(graph, known or {})
    return settled.result() if settled.branches else graph


class _Settled:
    """Which switches are decided, and what is dead behind them."""

    def __init__(self, graph: Graph, known: Mapping[str, bool]) -> None:
        self.graph = graph
        self.known = known
        decided = ((node.name, self._decision(node)) for node in graph.nodes.values() if node.op in _SWITCHES)
        self.branches = {name: decision for name, decision in decided if decision is not None}
        self.dead: set[str] = set()

    def _decision(self, switch: Node) -> bool | None:
        return self._truth(switch.sources[1]) if len(switch.sources) == 2 else None

    def _truth(self, read: Input) -> bool | None:
        """Return a predicate's value, if it is known without running anything."""
        flipped = False
        for _ in range(_HOPS):
            node = self.graph.nodes.get(read.name)
            if node is None:
                return None
            if node.name in self.known:
                return self.known[node.name] != flipped
            if node.op == "Const":
                value = _bool_value(node)
                return None if value is None else value != flipped
            # A pivot is the predicate switched on itself; `LogicalNot` turns it round.
            if node.op not in ("Identity", "LogicalNot", "PlaceholderWithDefault", *_SWITCHES) or not node.sources:
                return None
            flipped ^= node.op == "LogicalNot"
            read = node.sources[0]
        return None

    def result(self) -> Graph:
        self._spread()
        changed: dict[str, Node] = {}
        for node in self.graph.nodes.values():
            if node.name in self.dead:
                continue
            if node.name in self.branches:
                changed[node.name] = self._passed_on(node, node.inputs[0])
            elif node.op in _MERGES and (live := self._live_inputs(node)) is not None:
                changed.update(self._merged(node, live))
        kept = self.graph.replaced(changed)
        alive = [node for node in kept.nodes.values() if node.name not in self.dead]
        return kept.with_nodes(self._without_ports(node, changed) for node in alive)

    def _spread(self) -> None:
        """Mark what depends on a branch that is not taken; a merge dies only with all of its inputs."""
        readers: dict[str, list[Node]] = {}
        for node in self.graph.nodes.values():
            for read in node.inputs:
                readers.setdefault(read.name, []).append(node)
        waiting = [node for name in self.branches for node in readers.get(name, ())]
        while waiting:
            node = waiting.pop()
            if node.name in self.dead or not self._is_dead(node):
                continue
            self.dead.add(node.name)
            waiting.extend(readers.get(node.name, ()))

    def _is_dead(self, node: Node) -> bool:
        if node.op in _MERGES:
            return all(self._is_dead_input(read) for read in node.sources)
        return any(self._is_dead_input(read) for read in node.inputs)

    def _is_dead_input(self, read: Input) -> bool:
        if read.name in self.dead:
            return True
        taken = self.branches.get(read.name)
        return taken is not None and not read.control and read.port != int(taken)

    def _live_inputs(self, node: Node) -> tuple[int, Input] | None:
        """Return the only live input of a merge and its place; None where more than one may come."""
        live = [(place, read) for place, read in enumerate(node.sources) if not self._is_dead_input(read)]
        return live[0] if len(live) == 1 and len(node.sources) > 1 else None

    def _passed_on(self, node: Node, read: Input) -> Node:
        kind = node.attribute("T").uint("type")
        controls = (other for other in node.inputs if other.control and other.name not in self.dead)
        return make_node(node.name, "Identity", (read, *controls), attributes={"T": {"type": kind % 100}})

    def _merged(self, node: Node, live: tuple[int, Input]) -> Iterator[tuple[str, Node]]:
        import numpy as np

        place, read = live
        yield node.name, self._passed_on(node, read)
        index = const_node(f"{node.name}/value_index", np.array(place, dtype=np.int32))
        yield index.name, index

    def _without_ports(self, node: Node, changed: Mapping[str, Node]) -> Node:
        """Return the node reading output 0 of what had two outputs and now has one."""
        reads = tuple(_one_port(read, self.graph, changed) for read in node.inputs)
        live = tuple(read for read in reads if read.name not in self.dead)
        return node if live == node.inputs else with_inputs(node, live)


def _one_port(read: Input, graph: Graph, changed: Mapping[str, Node]) -> Input:
    if read.control or read.port == 0 or read.name not in changed:
        return read
    if graph.nodes[read.name].op in _MERGES:
        return Input(f"{read.name}/value_index")
    return Input(read.name)


def _bool_value(node: Node) -> bool | None:
    constant = node.attribute("value").message("tensor")
    if constant.uint("dtype") != _BOOL:
        return None
    try:
        values: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = parse_constant(constant).read()
    except LoadstoneError:
        return None
    return bool(values.ravel()[0]) if values.size == 1 else None


def predicates(graph: Graph) -> Iterable[str]:
    """Return the placeholders of type bool: what a caller may want to settle."""
    for node in graph.nodes.values():
        if node.op.startswith("Placeholder") and node.attribute("dtype").uint("type") == _BOOL:
            yield node.name
