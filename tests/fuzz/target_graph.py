"""Fuzz the readers of GraphDef and MetaGraphDef, binary and text, values included."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats import frozen_graph, metagraph
from tests.support.graphs import constant, function, graph_bytes, meta_graph, node, small_graph, strings
from tests.support.memory import single


def fuzz(data: bytes) -> None:
    """Read the bytes as a graph and as a MetaGraph, and every constant."""
    for reader in (frozen_graph, metagraph):
        candidate = single(data, "graph.pb")
        try:
            reader.sniff(candidate)
            model = reader.read(candidate)
        except LoadstoneError:
            continue
        for tensor in model.tensors.all:
            try:
                tensor.read()
            except LoadstoneError:
                continue


def seeds() -> Iterator[bytes]:
    """Yield small graphs."""
    yield small_graph()
    yield graph_bytes(
        constant("g", strings(small_graph(), b"x")), library={"function": [function("f", node("a", "B", "c"))]}
    )
    yield meta_graph(small_graph(), "train", collection_def={"variables": {"bytes_list": {"value": [b"abc"]}}})
    yield b'node { name: "x" op: "Const" attr { key: "value" value { tensor { dtype: DT_INT64 int64_val: [1, -2]}}}}'
