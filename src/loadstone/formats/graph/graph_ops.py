"""Operations of a graph: how often each occurs, at every depth, and which are not TensorFlow's own.

What it is: counts over the graph, its function library, and graphs that are stored as strings inside constants
(datasets keep their pipeline so, and so can anything that wants not to be seen). What it is not: a judgement on them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from loadstone.errors import FormatError
from loadstone.formats.graph.graph_nodes import Graph, parse_graph, text
from loadstone.wire.graph_index import NodeSpan
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import GRAPH_DEF

_STRING_TYPE = b"\x08\x07"
"""`dtype: DT_STRING` as every writer spells it."""

_SMALLEST_HOST = 57
"""A `Const` node of fewer bytes has no room for a string that is a graph with one named operation."""

_CHECKED_ALWAYS = 400
"""A `Const` node of more bytes is decoded even where `_STRING_TYPE` does not occur (numbers can be spelt longer)."""

_OP_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_>./]*")
_NESTED_DEPTH = 4
_FIELDS = frozenset((1, 2, 3, 4, 5))


@dataclass(frozen=True, slots=True)
class Ops:
    """`counts`: operation → how often; `custom`: those not of TensorFlow; `hosts`: constants that hold graphs."""

    counts: Mapping[str, int]
    custom: tuple[str, ...]
    hosts: tuple[str, ...]


def read_ops(*graphs: Graph) -> Ops:
    """Count the operations of graphs."""
    counts: Counter[bytes] = Counter()
    hosts: list[str] = []
    own: set[bytes] = set()
    for graph in graphs:
        _count(graph, counts, hosts, own)
    named = {text(op): count for op, count in counts.most_common()}
    return Ops(
        named, tuple(sorted(text(op) for op in counts.keys() - own if text(op) not in standard_ops())), tuple(hosts)
    )


@cache
def standard_ops() -> frozenset[str]:
    """Return the names of TensorFlow's operations (tools/list_tf_ops.py makes the list)."""
    return frozenset((Path(__file__).parents[1] / "data" / "tf_ops.txt").read_text("ascii").split())


def _count(graph: Graph, counts: Counter[bytes], hosts: list[str], own: set[bytes], depth: int = 0) -> None:
    own.update(name.encode("utf-8", "backslashreplace") for name in graph.functions)
    groups = {"": graph.nodes, **graph.functions}
    for name, spans in groups.items():
        counts.update([span[1] for span in spans])
        # One pass over the small ones is the price of a megabyte; decoding is for the few that can hold a graph.
        for span in spans:
            if span[1] != b"Const" or span[3] - span[2] < _SMALLEST_HOST:
                continue
            for inner in _nested(graph, span):
                hosts.append(f"{name}/{text(span[0])}" if name else text(span[0]))
                if depth < _NESTED_DEPTH:
                    _count(inner, counts, hosts, own, depth + 1)


def nested_graphs(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Yield (constant, graph) of the graphs that are strings in constants of this graph and its functions."""
    for name, span in graph.all_nodes():
        if span[1] == b"Const" and span[3] - span[2] >= _SMALLEST_HOST:
            for inner in _nested(graph, span):
                yield (f"{name}/{text(span[0])}" if name else text(span[0])), inner


def _nested(graph: Graph, span: NodeSpan) -> Iterator[Graph]:
    """Yield the graphs that are strings of one constant."""
    window = graph.data[span[2] : span[3]] if span[3] - span[2] < _CHECKED_ALWAYS else _STRING_TYPE
    if _STRING_TYPE not in window:
        return
    try:
        tensor = graph.attribute(span, b"value").message("tensor")
        if tensor.uint("dtype") != 7:
            return
        blobs = tensor.spans_of("string_val")
    except FormatError:
        # A constant that cannot be decoded is reported where its value is asked for.
        return
    for start, end in blobs:
        if end - start > 8 and graph.data[start] in (0x0A, 0x12) and (inner := _as_graph(tensor, start, end)):
            yield inner


def _as_graph(tensor: Message, start: int, end: int) -> Graph | None:
    try:
        message = Message(tensor.data, GRAPH_DEF, start, end, f"{tensor.where}.string_val", tensor.depth + 1)
        if not message.entries.keys() <= _FIELDS:
            return None
        graph = parse_graph(message)
    except FormatError:
        return None
    ops = {span[1] for _, span in graph.all_nodes()}
    return graph if ops and all(_OP_NAME.fullmatch(op) for op in ops) else None
