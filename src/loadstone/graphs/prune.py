"""Cut a graph down to what its outputs need.

What it is: reachability from the outputs against the edges. What it is not: a change of any node, but for one thing:
a wish to lie beside a node that is cut off (`_class: loc:@name`) is dropped, since TensorFlow refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable

from loadstone.errors import FormatError
from loadstone.graphs.graph import Graph, Node, parse_input
from loadstone.graphs.write import with_inputs

COLOCATION = "_class"


def prune(graph: Graph, outputs: Iterable[str], *, inputs: Iterable[str] = ()) -> Graph:
    """Return the graph with only the nodes that `outputs` (names, or `name:port`) need.

    Nothing before the nodes named in `inputs` is kept; a caller replaces those by what it feeds.
    Raises `FormatError` for an output that is not in the graph, or an edge to a node that is not.
    """
    ends = [parse_input(name).name for name in outputs]
    stop = {parse_input(name).name for name in inputs}
    needed = {graph[name].name for name in ends}
    waiting = list(needed)
    while waiting:
        node = graph.nodes[waiting.pop()]
        if node.name in stop:
            continue
        for read in node.inputs:
            if read.name not in graph.nodes:
                raise FormatError(
                    "a node reads one that the graph does not have", where=f"node {node.name}", found=str(read)
                )
            if read.name not in needed:
                needed.add(read.name)
                waiting.append(read.name)
    return graph.with_nodes(_settled(node, needed) for name, node in graph.nodes.items() if name in needed)


def _settled(node: Node, needed: set[str]) -> Node:
    if b"_class" not in node.data[node.start : node.end]:
        return node
    wishes = node.attribute(COLOCATION).message("list").texts("s")
    if all(wish.removeprefix("loc:@") in needed for wish in wishes):
        return node
    return with_inputs(node, node.inputs, without=COLOCATION)
