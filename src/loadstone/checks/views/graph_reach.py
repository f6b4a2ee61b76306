"""The operations of a graph that reach out of it: which, where, with which path, and whether loading runs them.

What it is: nodes of the graph, of its functions, and of graphs inside constants; a path where it is a constant.
What it is not: an evaluator; a path that is computed is said to be so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.checks.subject import Subject
from loadstone.checks.views.graphs import graphs, meta_graphs
from loadstone.errors import FormatError
from loadstone.formats.graph.graph_nodes import Graph, text
from loadstone.formats.graph.graph_op_notes import NETWORK, PYTHON, READS, WRITES
from loadstone.formats.graph.graph_ops import nested_graphs
from loadstone.wire.graph_index import NodeSpan

_SAVER_READS = frozenset(("RestoreV2", "Restore", "RestoreSlice", "InitializeTableFromTextFile"))
_TABLES = frozenset(("InitializeTableFromTextFileV2",))
_SAVER_WRITES = frozenset(("SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints", "CacheDataset", "CacheDatasetV2"))
_STREAMS = frozenset(("PrintV2",))
_DESCRIPTORS = frozenset(("DecodeProtoV2", "EncodeProto"))
_GIVEN = (b"Placeholder", b"PlaceholderWithDefault", b"PlaceholderV2")
_THROUGH = (b"Identity", b"StringJoin", b"StringStrip", b"Reshape", b"ExpandDims", b"Squeeze", b"ShardedFilename")
_OUTWARD = re.compile(r"^(?:/|~|[A-Za-z]:[\\/]|\\\\)|://|(?:^|[/\\])\.\.(?:[/\\]|$)")
_DEPTH = 12
_LOADING = re.compile(r"initializ|_creat(?:or|e_resource)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reach:
    """One node: `kind` (`reads`, `writes`, `network`, `python`), its place, and the path or address if constant.

    `given`: what it opens is an input of the graph, so that the caller names it. `loading`: loading the model runs it.
    `idle`: it stands in a function that nothing in its graph calls, such as a data set's that was left behind.
    """

    kind: str
    op: str
    place: str
    target: str = ""
    given: bool = False
    loading: bool = False
    idle: bool = False


def reach(subject: Subject) -> tuple[Reach, ...]:
    """Return every node that reaches out of the subject's graphs."""
    counts = subject.model.ops if subject.model else {}
    telling = READS | WRITES | NETWORK | PYTHON | _SAVER_READS | _SAVER_WRITES | _STREAMS | _DESCRIPTORS | _TABLES
    if not telling & counts.keys():
        return ()
    starts = _started(subject)
    found: list[Reach] = []
    for graph in subject.view(graphs):
        # The objects of a SavedModel call functions by name, so that each of its functions may be called.
        called = None if subject.format in ("savedmodel", "tfhub-v1") else _called(graph)
        found += _of_graph(graph, starts, "", called)
    return tuple(dict.fromkeys(found))


def _started(subject: Subject) -> frozenset[str]:
    """Return the nodes that a loader runs unasked: `main_op` and `legacy_init_op` of the collections."""
    found: set[str] = set()
    for meta in subject.view(meta_graphs):
        collections = meta.message.mapping("collection_def")
        for key in ("saved_model_main_op", "legacy_init_op"):
            if key in collections:
                found.update(collections[key].message("node_list").texts("value"))
        signatures = [one for one in meta.signatures if one.name == "__saved_model_init_op"]
        found.update(spec.tensor_name.partition(":")[0] for one in signatures for spec in one.outputs)
    return frozenset(found)


def _called(graph: Graph) -> frozenset[str]:
    """Return the functions whose names stand in a node of the graph, or of a function that is called."""
    names = {name: name.encode("utf-8", "backslashreplace") for name in graph.functions}
    found: set[str] = set()
    waiting = list(graph.nodes)
    while waiting and names:
        span = waiting.pop()
        body = bytes(graph.data[span[2] : span[3]])
        for name in [one for one, raw in names.items() if raw in body]:
            found.add(name)
            del names[name]
            waiting += graph.functions[name]
    return frozenset(found)


def _of_graph(graph: Graph, starts: frozenset[str], around: str, called: frozenset[str] | None) -> Iterator[Reach]:
    loading = _run_first(graph, starts)
    groups = {"": graph.nodes, **graph.functions}
    for name, spans in groups.items():
        nodes = {text(span[0]): span for span in spans}
        for span in spans:
            op, node = text(span[1]), text(span[0])
            if (kind := _kind(op)) is None:
                continue
            place = "/".join(part for part in (around, name, node) if part)
            target, given = _target(graph, nodes, span, op)
            if op in _CONDITIONAL and not _OUTWARD.search(target):
                continue
            runs = (not name and node in loading) or bool(name and (_LOADING.search(name) or name in loading))
            idle = bool(name) and called is not None and name not in called
            yield Reach(kind, op, place, target, given and not name, runs and not idle, idle)
    for host, inner in nested_graphs(graph):
        yield from _of_graph(inner, frozenset(), "/".join(part for part in (around, host) if part), None)


_CONDITIONAL = _SAVER_READS | _SAVER_WRITES | _STREAMS | _DESCRIPTORS | _TABLES


def _kind(op: str) -> str | None:
    for kind, ops in (
        ("reads", READS | _SAVER_READS | _DESCRIPTORS | _TABLES),
        ("writes", WRITES | _SAVER_WRITES | _STREAMS),
        ("network", NETWORK),
        ("python", PYTHON),
    ):
        if op in ops:
            return kind
    return None


def _run_first(graph: Graph, starts: frozenset[str]) -> frozenset[str]:
    """Return the nodes that the loader's first operations need, and the functions that those call."""
    spans = {text(span[0]): span for span in graph.nodes}
    waiting, seen = list(starts), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in spans:
            continue
        seen.add(name)
        waiting += [text(one).removeprefix("^").partition(":")[0] for one in graph.inputs(spans[name])]
    called = {
        function
        for name in seen
        if spans[name][1] in (b"PartitionedCall", b"StatefulPartitionedCall")
        and (function := graph.attribute(spans[name], b"f").message("func").text("name"))
    }
    return frozenset(seen | called)


def _target(graph: Graph, nodes: dict[str, NodeSpan], span: NodeSpan, op: str) -> tuple[str, bool]:
    """Return the constant path that a node opens (empty: computed), and whether its caller gives it."""
    if op in _STREAMS:
        stream = _text_attribute(graph, span, b"output_stream")
        return (stream if stream.startswith("file://") else "", False)
    if op in _DESCRIPTORS:
        source = _text_attribute(graph, span, b"descriptor_source")
        return ("" if source.startswith(("local://", "bytes://")) else source, False)
    if op in ("DebugIdentity", "DebugIdentityV2", "DebugIdentityV3"):
        return _text_attribute(graph, span, b"debug_urls"), False
    inputs = graph.inputs(span)
    which = 1 if op in _TABLES or op == "InitializeTableFromTextFile" else 0
    return _resolved(graph, nodes, text(inputs[which]), _DEPTH) if len(inputs) > which else ("", False)


def _text_attribute(graph: Graph, span: NodeSpan, key: bytes) -> str:
    value = graph.attribute(span, key)
    raw = value.blob("s") if "s" in value else b""
    return raw.decode("utf-8", "backslashreplace")


def _resolved(graph: Graph, nodes: dict[str, NodeSpan], written: str, depth: int) -> tuple[str, bool]:
    name = written.removeprefix("^").partition(":")[0]
    span = nodes.get(name)
    if span is None or depth == 0:
        return "", False
    if span[1] in _GIVEN:
        return "", True
    if span[1] == b"Const":
        return _string(graph, span), False
    if span[1] not in _THROUGH:
        return "", False
    parts = [
        _resolved(graph, nodes, text(one), depth - 1) for one in graph.inputs(span)[:8] if not one.startswith(b"^")
    ]
    return "".join(target for target, _ in parts), any(given for _, given in parts)


def _string(graph: Graph, span: NodeSpan) -> str:
    try:
        tensor = graph.attribute(span, b"value").message("tensor")
        start, end = next(iter(tensor.spans_of("string_val")), (0, 0))
    except FormatError:
        return ""
    return bytes(tensor.data[start : min(end, start + 300)]).decode("utf-8", "backslashreplace")
