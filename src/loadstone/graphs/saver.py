"""Which checkpoint entry each variable of a TF1 graph is restored from, as the graph's own saver says.

What it is: `Assign(variable, RestoreV2:i)` read as data. An exporter that restores moving averages, or a graph whose
variables were renamed, says so nowhere else. What it is not: a reader of the checkpoint.
"""

from __future__ import annotations

from loadstone.errors import LoadstoneError
from loadstone.formats.graph.tensor_proto import parse_constant
from loadstone.graphs.graph import Graph, Node

_ASSIGN = ("Assign", "AssignVariableOp")
_RESTORE = ("RestoreV2", "RestoreSlice", "Restore")
_NAMES_INPUT = 1
_HOPS = 4


def restored_from(graph: Graph) -> dict[str, str]:
    """Return variable node → name in the checkpoint, for every variable that a whole tensor is restored into."""
    found: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        sources = node.sources
        if node.op not in _ASSIGN or len(sources) < 2:
            continue
        restore, port = _behind(graph, sources[1].name, sources[1].port)
        if restore is None or restore.op not in _RESTORE:
            continue
        if restore.name not in names:
            names[restore.name] = _tensor_names(graph, restore)
        if port < len(names[restore.name]):
            found.setdefault(_variable(graph, sources[0].name), names[restore.name][port])
    return found


def _behind(graph: Graph, name: str, port: int) -> tuple[Node | None, int]:
    """Follow what only hands a value on; an `AssignVariableOp` reads its restored value through an `Identity`."""
    node = graph.nodes.get(name)
    for _ in range(_HOPS):
        if node is None or node.op != "Identity" or not node.sources:
            break
        port = node.sources[0].port
        node = graph.nodes.get(node.sources[0].name)
    return node, port


def _variable(graph: Graph, name: str) -> str:
    node = graph.nodes.get(name)
    return node.sources[0].name if node is not None and node.op == "Identity" and node.sources else name


def _tensor_names(graph: Graph, restore: Node) -> list[str]:
    """Return the names that a restore reads; none where they are not a constant."""
    if len(restore.sources) <= _NAMES_INPUT:
        return []
    names = graph.nodes.get(restore.sources[_NAMES_INPUT].name)
    if names is None or names.op != "Const":
        return []
    try:
        values = parse_constant(names.attribute("value").message("tensor")).read().ravel()
    except LoadstoneError:
        return []
    return [bytes(value).decode("utf-8", "backslashreplace") for value in values if isinstance(value, bytes)]
