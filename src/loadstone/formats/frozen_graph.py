"""A bare GraphDef, `.pb` or `.pbtxt`: usually frozen, that is with its trained values as constants.

What it is: nodes, constants and versions; inputs and outputs are told by the nodes themselves.
What it is not: a signature: a GraphDef says nothing of what its author meant for its inputs and outputs.
Specification: tensorflow/core/framework/graph.proto.
"""

from __future__ import annotations

from loadstone.errors import FormatError
from loadstone.facts import FileFact, ModelFile
from loadstone.formats.detection import recognise
from loadstone.formats.graph_constants import graph_tensors
from loadstone.formats.graph_nodes import Graph, parse_graph, text
from loadstone.formats.graph_ops import Ops, read_ops
from loadstone.formats.graph_ports import consumed, graph_inputs, graph_outputs
from loadstone.formats.graph_sniff import family
from loadstone.formats.labels import labels_beside
from loadstone.formats.message_file import open_message
from loadstone.formats.producer import producer_facts
from loadstone.formats.registry import Candidate
from loadstone.wire.schemas.graph import GRAPH_DEF

VARIABLES = ("VariableV2", "Variable", "VarHandleOp", "VarIsInitializedOp")
_SHOWN = 5


def sniff(candidate: Candidate) -> bool:
    """Return whether the file begins as a GraphDef."""
    return not candidate.is_folder and family(candidate.head) == "graph"


def read(candidate: Candidate) -> ModelFile:
    """Read a GraphDef. Raises `FormatError` for bytes that are none."""
    graph = parse_graph(open_message(candidate.tree, candidate.name, GRAPH_DEF))
    if not graph.nodes and not graph.functions:
        raise FormatError("the graph has no nodes", where=candidate.name)
    ops = read_ops(graph)
    tensors, notes = graph_tensors(graph)
    inputs, outputs = graph_inputs(graph), graph_outputs(graph)
    shapes = {spec.name: spec.shape for spec in (*tensors.specs, *inputs, *outputs)}
    detector, detector_notes = recognise(shapes, ops.counts.keys(), candidate.tree, candidate.folder)
    path = candidate.name.rpartition("/")[2]
    return ModelFile(
        source=candidate.source,
        format="frozen-graph",
        files=(FileFact(path, "graph", candidate.size),),
        producer=producer_facts(graph.producer, graph.min_consumer),
        inputs=inputs,
        outputs=outputs,
        tensors=tensors,
        ops=ops.counts,
        custom=ops.custom,
        labels=labels_beside(candidate.tree, candidate.folder),
        detector=detector,
        notes=(*notes, *graph_notes(graph, ops), *detector_notes),
        details=graph_details(graph, ops),
    )


def graph_details(graph: Graph, ops: Ops) -> dict[str, object]:
    """Return what `details` says of any graph."""
    details: dict[str, object] = {"nodes": len(graph.nodes), "functions": len(graph.functions)}
    if graph.functions:
        details["function_names"] = list(graph.functions)
    if ops.hosts:
        details["nested_graphs"] = list(ops.hosts)
    return details


def graph_notes(graph: Graph, ops: Ops) -> list[str]:
    """Return what else a person should know of a bare graph, one sentence each."""
    notes = []
    variables = sum(ops.counts.get(name, 0) for name in VARIABLES[:3])
    if variables:
        notes.append(f"not frozen: the values of its {variables} variables are in a checkpoint, not in this file")
    absent = sorted(consumed(graph) - {span[0] for span in graph.nodes})
    if absent:
        shown = ", ".join(text(name) for name in absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
        notes.append(
            f"{len(absent)} nodes that others read are not in this graph ({shown}); "
            "a text graph written for OpenCV is like this, and belongs to a frozen graph that holds them"
        )
    return notes + nested_notes(ops)


def nested_notes(ops: Ops) -> list[str]:
    """Return the note that graphs lie inside constants, where some do."""
    if not ops.hosts:
        return []
    plural = "" if len(ops.hosts) == 1 else "s"
    return [f"{len(ops.hosts)} constant{plural} hold a whole graph as a string; its operations are counted, too"]
