"""The graphs of a subject, indexed: of a SavedModel all its MetaGraphs, of a graph file the one."""

from __future__ import annotations

from loadstone.checks.subject import Subject
from loadstone.formats.graph.graph_nodes import Graph, parse_graph
from loadstone.formats.graph.meta_graph import MetaGraph, parse_meta_graph
from loadstone.formats.message_file import open_message
from loadstone.formats.savedmodel_files import find_graph
from loadstone.wire.schemas.graph import GRAPH_DEF
from loadstone.wire.schemas.saved_model import META_GRAPH, SAVED_MODEL


def meta_graphs(subject: Subject) -> tuple[MetaGraph, ...]:
    """Return the MetaGraphs of a SavedModel, TF Hub module or `.meta` file; none where its file is not here."""
    candidate = subject.candidate
    if candidate is None:
        return ()
    if subject.format == "metagraph":
        return (parse_meta_graph(open_message(candidate.tree, candidate.name, META_GRAPH)),)
    if subject.format not in ("savedmodel", "tfhub-v1"):
        return ()
    name = find_graph(candidate)
    if candidate.tree.size(name) is None or any(
        file.role == "graph" and file.state != "present" for file in (subject.model.files if subject.model else ())
    ):
        return ()
    saved = open_message(candidate.tree, name, SAVED_MODEL)
    return tuple(parse_meta_graph(message) for message in saved.messages("meta_graphs"))


def graphs(subject: Subject) -> tuple[Graph, ...]:
    """Return every graph of the subject."""
    candidate = subject.candidate
    if subject.format == "frozen-graph" and candidate is not None:
        return (parse_graph(open_message(candidate.tree, candidate.name, GRAPH_DEF)),)
    return tuple(meta.graph for meta in subject.view(meta_graphs))
