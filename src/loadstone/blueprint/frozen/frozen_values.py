"""What a frozen graph says by its constants, attributes and edges: small questions, answered or refused.

`UnclearGraphError` is raised wherever the graph is not what the Object Detection API writes; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from loadstone.errors import UnsupportedModelError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.graph import Graph, Node

HANDING_ON = ("Identity", "ReadVariableOp")
RESHAPING = ("Identity", "Cast", "Reshape", "ExpandDims", "Squeeze")
"""Operations whose values are their first input's in another form."""
SHAPING = (*RESHAPING, "Tile", "StridedSlice")
"""The same, or some of the values."""

_HOPS = 8
_SMALL = 64
"""Settings are scalars and short vectors; nothing larger is read here."""


ELSEWHERE = "`loadstone detect` runs the graph as it is; a checkpoint of it with its pipeline.config is rebuilt"


class UnclearGraphError(UnsupportedModelError):
    """The graph does something that the rebuilt detector would not."""

    def __init__(self, fact: str, **told: str) -> None:
        super().__init__(fact, **{"help": ELSEWHERE, **told})


class FrozenGraph:
    """A graph with its edges turned round, and short ways to its constants."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes.values():
            for read in node.sources:
                self._readers.setdefault(read.name, []).append(node)

    def without(self, *scopes: str) -> FrozenGraph:
        """Return the graph less the operations below the scopes; constants stay, for other operations share them."""
        kept = {
            name: node
            for name, node in self.nodes.items()
            if node.op in ("Const", *HANDING_ON) or not name.startswith(scopes)
        }
        return FrozenGraph(Graph(kept))

    def __contains__(self, name: str) -> bool:
        return name in self.nodes

    def node(self, name: str) -> Node:
        """Return a node, or say that it is not there."""
        if name not in self.nodes:
            raise UnclearGraphError(f"the graph has no {name}")
        return self.nodes[name]

    def under(self, scope: str, *ops: str) -> Iterator[Node]:
        """Yield the nodes below a scope that have one of the operations, or all of them."""
        prefix = f"{scope}/"
        for node in self.nodes.values():
            if node.name.startswith(prefix) and (not ops or node.op in ops):
                yield node

    def below(self, scopes: tuple[str, ...]) -> Iterator[Node]:
        """Yield the nodes whose names begin with one of the prefixes."""
        return (node for node in self.nodes.values() if node.name.startswith(scopes))

    def named(self, pattern: str) -> list[Node]:
        """Return the nodes whose whole name fits the pattern, by the number that its first group finds."""
        found = [(match, node) for name, node in self.nodes.items() if (match := re.fullmatch(pattern, name))]
        found.sort(key=lambda pair: int(pair[0][1] or 0))
        return [node for _, node in found]

    def readers(self, name: str) -> list[Node]:
        """Return the nodes that read a node, or what only hands it on."""
        found: list[Node] = []
        for node in self._readers.get(name, ()):
            if node.op in HANDING_ON:
                found += self._readers.get(node.name, ())
            else:
                found.append(node)
        return found

    def behind(self, name: str) -> Node:
        """Return the node that hands its value on to `name`."""
        node = self.node(name)
        for _ in range(_HOPS):
            if node.op != "Identity" or not node.sources:
                return node
            node = self.node(node.sources[0].name)
        return node

    def through(self, name: str, ops: tuple[str, ...] = SHAPING) -> Node:
        """Return the node whose values `name` has in another shape or type, or some of them, by these operations."""
        node = self.node(name)
        for _ in range(_HOPS):
            if node.op not in ops or not node.sources:
                return node
            node = self.node(node.sources[0].name)
        return node

    def values(self, name: str) -> list[Any]:
        """Return a small constant's values, flat."""
        node = self.behind(name)
        if node.op != "Const":
            raise UnclearGraphError(f"{name} is no constant", where=f"node {name}", found=node.op)
        constant = parse_constant(node.attribute("value").message("tensor"))
        if constant.elements > _SMALL:
            raise UnclearGraphError(f"{name} holds {constant.elements} values", where=f"node {name}")
        array = constant.read().reshape(-1)
        if array.dtype.kind not in "fiu":
            raise UnclearGraphError(f"{name} holds no numbers", where=f"node {name}", found=constant.dtype.name)
        return [plain(value) for value in array]

    def is_number(self, name: str) -> bool:
        """Whether a constant is one number."""
        return parse_constant(self.node(name).attribute("value").message("tensor")).elements == 1

    def value(self, name: str) -> Any:
        """Return a constant scalar."""
        return only(self.values(name), name)

    def source(self, node: Node, number: int) -> str:
        """Return the name of one of a node's inputs."""
        if len(node.sources) <= number:
            raise UnclearGraphError(f"{node.name} has {len(node.sources)} inputs", where=f"node {node.name}")
        return node.sources[number].name


def only(values: Iterable[Any], what: str) -> Any:
    """Return the one value that all are."""
    found = list(dict.fromkeys(values))
    if len(found) != 1:
        raise UnclearGraphError(f"the graph has no single {what}", found=str(found[:5]))
    return found[0]


def plain(value: Any) -> Any:
    """Return a NumPy scalar as a Python one: a float32 as its shortest decimal (0.6, not 0.60000002)."""
    return float(str(value)) if value.dtype.kind == "f" else value.item()
