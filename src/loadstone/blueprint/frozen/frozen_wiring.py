"""Whether a frozen graph's layers read each other as a `Network`'s do: for every kernel, the kernels before it.

Between two kernels stand batch norms, activations, sums, pools; what is compared is which kernels' results reach a
kernel without another one between, or the network's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadstone.blueprint.frozen.frozen_values import FrozenGraph, UnclearGraphError
from loadstone.blueprint.network import Network

Feeders = frozenset[str]
NONE: Feeders = frozenset()


def check_wiring(graph: FrozenGraph, network: Network, entrances: Mapping[str, str]) -> None:
    """Raise `UnclearGraphError` where a layer of the graph does not follow the same layers as the network's.

    `entrances`: the node, or the scope ending in `/`, that the graph's layers read → the name of the network's input.
    """
    ours, _ = network_feeders(network)
    readers = {graph.readers(kernel)[0].name: kernel for kernel in ours}
    walk = _Walk(graph, readers, entrances)
    for node, kernel in readers.items():
        theirs = walk.before(graph.source(graph.node(node), 0))
        if theirs != ours[kernel]:
            raise UnclearGraphError(f"{node} follows other layers", expected=_shown(ours[kernel]), found=_shown(theirs))


def feeders_of(graph: FrozenGraph, network: Network, entrances: Mapping[str, str], name: str) -> Feeders:
    """Return the kernels of the network, or its inputs, whose results reach a node of the graph."""
    ours, _ = network_feeders(network)
    return _Walk(graph, {graph.readers(kernel)[0].name: kernel for kernel in ours}, entrances).before(name)


def depends_on(graph: FrozenGraph, name: str, scope: str) -> bool:
    """Whether values of a scope's nodes reach a node; shapes are none of them."""
    return bool(_Walk(graph, {}, {f"{scope}/": scope}).before(name))


def shaped_by(graph: FrozenGraph, name: str) -> set[str]:
    """Return the nodes whose shapes reach a node."""
    found, seen, waiting = set[str](), {name}, [name]
    while waiting:
        node = graph.node(waiting.pop())
        sources = {read.name for read in node.sources}
        if node.op == "Shape":
            found |= {graph.behind(source).name for source in sources}
            continue
        waiting += sources - seen
        seen |= sources
    return found


def network_feeders(network: Network) -> tuple[dict[str, Feeders], dict[str, Feeders]]:
    """Return what each kernel of the network follows, by the kernel's key, and what each output does, by its name."""
    kernels: dict[str, Feeders] = {}
    results: list[Feeders] = []
    used = network.reachable()
    for position, node in enumerate(network.nodes):
        before = NONE.union(*(results[source] for source in node.inputs))
        for kernel in kernels_of(node.operation, [variable.key for variable in node.variables]):
            if position in used:
                kernels[kernel] = before
            before = frozenset((kernel,))
        results.append(frozenset((node.name,)) if node.operation == "input" else before)
    return kernels, {name: results[position] for name, position in network.outputs.items()}


def kernels_of(operation: str, variables: list[str]) -> list[str]:
    """Return a layer's kernels, in the order in which they are read."""
    if operation == "separable":
        return variables[:2]
    return variables[:1] if operation in ("conv", "depthwise", "dense") else []


class _Walk:
    """A way up the graph from any node to the next kernels, each node looked at once."""

    def __init__(self, graph: FrozenGraph, readers: Mapping[str, str], entrances: Mapping[str, str]) -> None:
        self.graph = graph
        self.readers = readers
        self.entrances = entrances
        self.known: dict[str, Feeders] = {}

    def before(self, name: str) -> Feeders:
        """Return what reaches a node: depth first, without recursion, and a loop brings nothing new."""
        waiting, open_ = [name], set[str]()
        while waiting:
            at = waiting[-1]
            if (end := self._end(at)) is not None:
                self.known[at] = end
            if at in self.known:
                waiting.pop()
                continue
            missing = [source for source in self._sources(at) if source not in self.known and source not in open_]
            if missing and at not in open_:
                open_.add(at)
                waiting += missing
                continue
            self.known[at] = NONE.union(*(self.known.get(source, NONE) for source in self._sources(at)))
            waiting.pop()
        return self.known[name]

    def _end(self, name: str) -> Feeders | None:
        if name in self.readers:
            return frozenset((self.readers[name],))
        return next((frozenset((what,)) for at, what in self.entrances.items() if _is_at(name, at)), None)

    def _sources(self, name: str) -> Iterator[str]:
        """Yield what a node reads; a map's shape brings none of its values."""
        node = self.graph.node(name)
        return iter(()) if node.op == "Shape" else (read.name for read in node.sources)


def _is_at(name: str, place: str) -> bool:
    return name.startswith(place) if place.endswith("/") else name == place


def _shown(feeders: Feeders) -> str:
    return ", ".join(sorted(feeders)[:3]) or "nothing"
