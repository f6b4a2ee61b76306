"""SavedModel: `saved_model.pb` (or `.pbtxt`) with its `variables/`, `assets/`, and what Keras put beside them.

What it is: every MetaGraph's tags and signatures, the operations at every depth, the variables through their bundle.
What it is not: a loader; functions are counted, not called. Specification: tensorflow/core/protobuf/saved_model.proto.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import FileFact, LazyTensor, ModelFile, Signature, Tensors, TensorSpec
from loadstone.formats.checkpoint.shards import file_fact, lacks, shortage
from loadstone.formats.detection import recognise
from loadstone.formats.frozen_graph import graph_member
from loadstone.formats.graph.graph_constants import graph_tensors
from loadstone.formats.graph.graph_op_notes import op_notes
from loadstone.formats.graph.graph_ops import Ops, read_ops
from loadstone.formats.graph.graph_ports import graph_inputs, graph_outputs
from loadstone.formats.graph.meta_graph import MetaGraph, main_meta_graph, main_signature, parse_meta_graph
from loadstone.formats.keras.keras_saved_metadata import METADATA_FILE, KerasRecord, read_keras
from loadstone.formats.labels import labels_beside
from loadstone.formats.message_file import open_message
from loadstone.formats.rebuilt_member import RebuiltMember
from loadstone.formats.registry import Candidate
from loadstone.formats.saved_variables import SavedVariables, read_variables
from loadstone.formats.savedmodel_files import FINGERPRINT_FILE, NAMES, asset_files, find_graph, fingerprint, is_place
from loadstone.wire.schemas.saved_model import SAVED_MODEL

FORMAT = "savedmodel"


def sniff(candidate: Candidate) -> bool:
    """Return whether a folder is a SavedModel's, or a file begins as one."""
    return is_place(candidate)


def read(candidate: Candidate) -> ModelFile:
    """Read a SavedModel; missing files are facts. Raises `FormatError` where `saved_model.pb` itself is broken."""
    tree, name = candidate.tree, find_graph(candidate)
    graph_file = file_fact(tree, name, "graph")
    if lacks(graph_file):
        return _without_graph(candidate, graph_file)
    saved = open_message(tree, name, SAVED_MODEL)
    graphs = [parse_meta_graph(message) for message in saved.messages("meta_graphs")]
    if not graphs:
        raise FormatError("the SavedModel holds no graph", where=name, expected="at least one MetaGraphDef")
    main = main_meta_graph(graphs)
    keras = read_keras(tree, candidate.beside(METADATA_FILE), main.message.message("object_graph_def"))
    variables = read_variables(tree, candidate.folder, main)
    ops = read_ops(*(found.graph for found in graphs))
    return _described(candidate, graph_file, graphs, main=main, keras=keras, variables=variables, ops=ops)


def _described(
    candidate: Candidate,
    graph_file: FileFact,
    graphs: list[MetaGraph],
    *,
    main: MetaGraph,
    keras: KerasRecord,
    variables: SavedVariables,
    ops: Ops,
) -> ModelFile:
    inputs, outputs = _ports(main, keras)
    tensors = variables.tensors
    constant_notes: tuple[str, ...] = ()
    own = graph_member(main.graph)
    if own or (not tensors and not variables.files):
        tensors, constant_notes = graph_tensors(main.graph, functions=True)
        tensors = _by_own_names(tensors) if own else tensors
    names = _named_shapes(tensors, (*inputs, *outputs))
    detector, detector_notes = recognise(names, ops.counts.keys(), candidate.tree, candidate.folder)
    assets, asset_notes = asset_files(candidate, graphs)
    files = (graph_file, *_extras(candidate), *variables.files, *assets)
    notes = (*variables.notes, *asset_notes, *constant_notes, *op_notes(ops), *keras.notes, *detector_notes)
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=variables.complete and not any(lacks(file) for file in files),
        files=tuple(relative(file, candidate.folder) for file in files),
        producer={**main.producer, **keras.producer},
        inputs=inputs,
        outputs=outputs,
        tensors=tensors,
        signatures=tuple(signature for found in graphs for signature in found.signatures),
        layers=keras.layers,
        ops=ops.counts,
        custom=tuple(dict.fromkeys((*ops.custom, *keras.custom))),
        labels=labels_beside(candidate.tree, candidate.folder) or (own.labels if own else {}),
        detector=own.facts if own else detector,
        notes=(*_own_notes(graph_file, graphs), *notes),
        details={
            **_details(candidate, graphs, main, ops),
            **({"keras": keras.details} if keras.details else {}),
            **({"described": True} if own else {}),
        },
    )


def saved_member(candidate: Candidate) -> RebuiltMember | None:
    """Return what Loadstone wrote of the detector into its SavedModel; None where there is nothing, or it is broken."""
    saved = open_message(candidate.tree, find_graph(candidate), SAVED_MODEL)
    graphs = [parse_meta_graph(message) for message in saved.messages("meta_graphs")]
    return graph_member(main_meta_graph(graphs).graph) if graphs else None


def _by_own_names(tensors: Tensors) -> Tensors:
    """Return the constants of functions without the function's name, as a frozen graph has them."""
    return Tensors(
        LazyTensor(replace(one.spec, name=one.spec.name.partition("/")[2] or one.spec.name), one.read, one.verify)
        for one in tensors.all
    )


def _without_graph(candidate: Candidate, graph_file: FileFact) -> ModelFile:
    """Describe what is left of a SavedModel whose graph is missing, short or a stand-in."""
    variables = read_variables(candidate.tree, candidate.folder, None)
    detector, notes = recognise(_named_shapes(variables.tensors, ()), (), candidate.tree, candidate.folder)
    files = (graph_file, *_extras(candidate), *variables.files)
    fact = relative(graph_file, candidate.folder)
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=False,
        files=tuple(relative(file, candidate.folder) for file in files),
        tensors=variables.tensors,
        labels=labels_beside(candidate.tree, candidate.folder),
        detector=detector,
        notes=(f"{shortage(fact)}; without it the graph and its signatures are not known", *variables.notes, *notes),
    )


def _extras(candidate: Candidate) -> list[FileFact]:
    names = ((METADATA_FILE, "keras-metadata"), (FINGERPRINT_FILE, "fingerprint"))
    places = ((candidate.beside(name), role) for name, role in names)
    return [file_fact(candidate.tree, name, role) for name, role in places if candidate.tree.size(name) is not None]


def relative(file: FileFact, folder: str) -> FileFact:
    """Return the fact with its path relative to the model's folder."""
    return replace(file, path=file.path.removeprefix(f"{folder}/")) if folder else file


def _ports(main: MetaGraph, keras: KerasRecord) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Return inputs and outputs: the main signature's, else what Keras recorded, else what the graph itself shows."""
    signature: Signature | None = main_signature(main.signatures)
    if signature is not None:
        return signature.inputs, signature.outputs
    if keras.inputs:
        return keras.inputs, keras.outputs
    if main.graph.functions:
        return (), ()
    return graph_inputs(main.graph), graph_outputs(main.graph)


def _named_shapes(tensors: Tensors, ports: Iterable[TensorSpec]) -> dict[str, tuple[int | None, ...] | None]:
    named = {spec.name: spec.shape for spec in (*ports, *tensors.specs)}
    return {**{spec.tensor_name: spec.shape for spec in tensors.specs if spec.tensor_name}, **named}


def _own_notes(graph_file: FileFact, graphs: list[MetaGraph]) -> list[str]:
    notes = []
    short = graph_file.path.rpartition("/")[2]
    if short not in NAMES:
        notes.append(f"{short} is a SavedModel under another name; loaders look for saved_model.pb in a folder")
    if len(graphs) > 1:
        tags = "; ".join(", ".join(found.tags) or "no tag" for found in graphs)
        notes.append(f"{len(graphs)} graphs in one file, by their tags: {tags}")
    if not any(main_signature(found.signatures) for found in graphs):
        notes.append("no signature: callers have to know the functions' own names")
    return notes


def _details(candidate: Candidate, graphs: list[MetaGraph], main: MetaGraph, ops: Ops) -> dict[str, Any]:
    details: dict[str, Any] = {
        "metagraphs": [
            {
                "tags": list(found.tags),
                "nodes": len(found.graph.nodes),
                "functions": len(found.graph.functions),
                "variables": found.variables,
                "signatures": [signature.name for signature in found.signatures],
                "collections": sorted(found.message.mapping("collection_def")),
                "assets": list(found.assets),
            }
            for found in graphs
        ],
        "objects": len(main.message.message("object_graph_def").spans_of("nodes")),
        "function_names": list(main.graph.functions),
    }
    if ops.hosts:
        details["nested_graphs"] = list(ops.hosts)
    if found := fingerprint(candidate):
        details["fingerprint"] = found
    return details
