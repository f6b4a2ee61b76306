"""Fuzz what changes graphs: pruning, folding, settling conditions, putting calls in line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from loadstone.errors import LoadstoneError
from loadstone.graphs.conditions import settle
from loadstone.graphs.fold import fold
from loadstone.graphs.freeze import freeze
from loadstone.graphs.graph import Graph, parse_graph_def
from loadstone.graphs.inline import inline
from loadstone.graphs.write import graph_bytes
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import OP_LIST
from tests.graphs.test_conditions import conditional
from tests.graphs.test_fold import quantised
from tests.graphs.test_inline import nested
from tests.support.graphs import small_graph


def fuzz(data: bytes) -> None:
    """Read a graph, and change it in every way."""
    try:
        graph = parse_graph_def(data)
    except LoadstoneError:
        return
    ends = list(islice(reversed(list(graph.nodes)), 3))
    for step in (fold, settle, lambda found: _inlined(found, ends), lambda found: freeze(found, {}, ends)):
        try:
            graph_bytes(step(graph))
        except LoadstoneError:
            continue


def _inlined(graph: Graph, ends: list[str]) -> Graph:
    return inline(graph, Message(b"", OP_LIST), ends)[0]


def seeds() -> Iterator[bytes]:
    """Yield a graph for each step."""
    yield small_graph()
    yield conditional(True)
    yield quantised(2, 2)
    yield nested()
