"""A bare GraphDef, `.pb` or `.pbtxt`: usually frozen, that is with its trained values as constants.

What it is: nodes, constants and versions; inputs and outputs are told by the nodes themselves.
What it is not: a signature: a GraphDef says nothing of what its author meant for its inputs and outputs.
Specification: tensorflow/core/framework/graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import FileFact, ModelFile, Tensors, TensorSpec
from loadstone.formats.detection import recognise
from loadstone.formats.graph.graph_constants import graph_tensors
from loadstone.formats.graph.graph_nodes import Graph, attribute_span, parse_graph, text
from loadstone.formats.graph.graph_op_notes import op_notes
from loadstone.formats.graph.graph_ops import Ops, read_ops
from loadstone.formats.graph.graph_ports import MOST_PORTS, consumed, graph_inputs, graph_outputs
from loadstone.formats.graph.graph_sniff import family
from loadstone.formats.graph.graph_variables import absent_tensors, variable_specs
from loadstone.formats.graph.producer import producer_facts
from loadstone.formats.labels import labels_beside
from loadstone.formats.message_file import open_message
from loadstone.formats.rebuilt_member import ATTRIBUTE, NODE, SERVED, RebuiltMember, read_packed
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import shown
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.graph import ATTR_VALUE, GRAPH_DEF

_SHOWN = 5
_REMEDY = "give the checkpoint with its .meta file, or a graph that was frozen"


def sniff(candidate: Candidate) -> bool:
    """Return whether the file begins as a GraphDef."""
    return not candidate.is_folder and family(candidate.head) == "graph"


def read(candidate: Candidate) -> ModelFile:
    """Read a GraphDef. Raises `FormatError` for bytes that are none."""
    graph = parse_graph(open_message(candidate.tree, candidate.name, GRAPH_DEF))
    if not graph.nodes and not graph.functions:
        raise FormatError("the graph has no nodes", where=candidate.name)
    ops = read_ops(graph)
    constants, notes = graph_tensors(graph)
    specs, absent = variable_specs(graph), _absent_nodes(graph)
    tensors = Tensors((*absent_tensors(specs, "a checkpoint", _REMEDY).all, *constants.all)) if specs else constants
    inputs, outputs = graph_inputs(graph), graph_outputs(graph)
    shapes = {spec.name: spec.shape for spec in (*tensors.specs, *inputs, *outputs)}
    detector, detector_notes = recognise(shapes, ops.counts.keys(), candidate.tree, candidate.folder)
    described = graph_member(graph)
    path = candidate.name.rpartition("/")[2]
    return ModelFile(
        source=candidate.source,
        format="frozen-graph",
        complete=not specs and not absent,
        files=(FileFact(path, "graph", candidate.size), *_missing_values(specs)),
        producer=producer_facts(graph.producer, graph.min_consumer),
        inputs=inputs,
        outputs=outputs,
        tensors=tensors,
        ops=ops.counts,
        custom=ops.custom,
        labels=labels_beside(candidate.tree, candidate.folder) or (described.labels if described else {}),
        detector=described.facts if described else detector,
        notes=(*notes, *_notes(specs, absent), *port_notes(inputs, outputs), *op_notes(ops), *detector_notes),
        details={**graph_details(graph, ops), **({"described": True} if described else {})},
    )


def graph_member(graph: Graph) -> RebuiltMember | None:
    """Return what Loadstone wrote beside the picture's node; None where there is nothing, or it is broken."""
    for span in graph.nodes:
        if span[0] in (NODE.encode(), SERVED.encode()):
            value = attribute_span(graph.data, span, ATTRIBUTE.encode())
            try:
                return read_packed(Message(graph.data, ATTR_VALUE, *value).blob("s")) if value[1] else None
            except LoadstoneError:
                return None
    return None


def graph_details(graph: Graph, ops: Ops) -> dict[str, object]:
    """Return what `details` says of any graph."""
    details: dict[str, object] = {"nodes": len(graph.nodes), "functions": len(graph.functions)}
    if graph.functions:
        details["function_names"] = list(graph.functions)
    if ops.hosts:
        details["nested_graphs"] = list(ops.hosts)
    return details


def _missing_values(specs: tuple[TensorSpec, ...]) -> tuple[FileFact, ...]:
    """Return what stands for the checkpoint of a graph that is not frozen: the graph does not know its name."""
    expected = sum(spec.nbytes for spec in specs)
    return (FileFact("(its checkpoint)", "checkpoint", None, expected, "missing"),) if specs else ()


def _absent_nodes(graph: Graph) -> list[str]:
    """Return the nodes that others read and that are not in the graph, sorted."""
    return sorted(text(name) for name in consumed(graph) - {span[0] for span in graph.nodes})


def _notes(specs: tuple[TensorSpec, ...], absent: list[str]) -> Iterator[str]:
    if specs:
        size = shown(sum(spec.nbytes for spec in specs))
        yield f"not frozen: the values of its {len(specs):,} variables are in a checkpoint, at least {size}"
    if absent:
        named = ", ".join(absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
        yield (
            f"{len(absent)} nodes that others read are not in this graph ({named}); "
            "a text graph written for OpenCV is like this, and belongs to a frozen graph that holds them"
        )


def port_notes(inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...]) -> list[str]:
    """Return a note for a list of inputs or outputs that was cut."""
    cut = [label for label, ports in (("inputs", inputs), ("outputs", outputs)) if len(ports) == MOST_PORTS]
    return [f"the first {MOST_PORTS} {label} are listed; the graph has more" for label in cut]
