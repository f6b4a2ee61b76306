"""Operations and attributes of a graph that a TensorFlow release does not know, and the release that first had them."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.subject import Subject
from loadstone.checks.views.graphs import graphs
from loadstone.environment.tables.ops import attribute, attributes_unknown_to, knows, operation
from loadstone.formats.graph.graph_nodes import attribute_span


def unknown_operations(subject: Subject, tensorflow: str) -> Iterator[tuple[str, str]]:
    """Yield (operation, the release that it came with) for each that is younger than `tensorflow`."""
    for name in subject.model.ops if subject.model else ():
        entry = operation(name)
        if entry is not None and not entry.gone and knows(tensorflow, name) is False:
            yield name, entry.first


def unknown_attributes(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return (operation.attribute, release) for each that a frozen graph states and the environment does not know.

    Only of a frozen graph: a SavedModel carries its exporter's list of operations, by which a reader takes attributes
    that hold their defaults away.
    """
    wanted = attributes_unknown_to(subject.environment.packages.get("tensorflow", ""))
    if not wanted or subject.format != "frozen-graph":
        return ()
    found: dict[str, str] = {}
    for graph in subject.view(graphs):
        for _, span in graph.all_nodes():
            of = span[1].decode("utf-8", "replace")
            for name in wanted.get(of, ()):
                entry = attribute(name, of)
                if entry is not None and attribute_span(graph.data, span, name.encode()) != (0, 0):
                    found.setdefault(f"{of}.{name}", entry.first)
    return tuple(found.items())
