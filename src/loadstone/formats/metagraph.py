"""A `.meta` file: a graph with its collections, saved beside a TF1 checkpoint (and in SessionBundles).

What it is: the training graph as it was, with what it records of its maker. What it is not: values: those are in the
checkpoint of the same name. Specification: tensorflow/core/protobuf/meta_graph.proto.
"""

from __future__ import annotations

from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import FileFact, ModelFile, Signature, TensorSpec
from loadstone.formats.detection import recognise
from loadstone.formats.frozen_graph import graph_details, port_notes
from loadstone.formats.graph.graph_op_notes import op_notes
from loadstone.formats.graph.graph_ops import read_ops
from loadstone.formats.graph.graph_ports import graph_inputs, graph_outputs
from loadstone.formats.graph.graph_sniff import family
from loadstone.formats.graph.graph_variables import absent_tensors, variable_specs
from loadstone.formats.graph.meta_graph import MetaGraph, main_signature, parse_meta_graph
from loadstone.formats.message_file import open_message
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import shown
from loadstone.wire.schemas.saved_model import META_GRAPH

FORMAT = "metagraph"

_NOT_THE_MODEL = ("save/", "save_", "gradients", "init", "report_uninitialized", "Optimizer", "train/")
"""Scopes of a training graph that hold savers, gradients and initialisers; what ends there is no answer."""


def sniff(candidate: Candidate) -> bool:
    """Return whether the file begins as a MetaGraphDef."""
    return not candidate.is_folder and family(candidate.head) == "metagraph"


def read(candidate: Candidate) -> ModelFile:
    """Read a MetaGraph. Raises `FormatError` for bytes that are none."""
    found = open_meta_graph(candidate.tree, candidate.name)
    ops = read_ops(found.graph)
    inputs, outputs = _ports(found)
    specs = variable_specs(found.graph)
    shapes = {spec.name: spec.shape for spec in (*specs, *inputs, *outputs)}
    absent, value_notes = _values(candidate, specs)
    detector, notes = recognise(shapes, ops.counts.keys(), candidate.tree, candidate.folder)
    return ModelFile(
        source=candidate.source,
        format=FORMAT,
        complete=not absent,
        files=(FileFact(candidate.name.rpartition("/")[2], "metagraph", candidate.size), *absent),
        producer=found.producer,
        inputs=inputs,
        outputs=outputs,
        tensors=absent_tensors(specs, "the checkpoint of the same name", "inspect the checkpoint instead"),
        signatures=found.signatures,
        ops=ops.counts,
        custom=ops.custom,
        detector=detector,
        notes=(*value_notes, *port_notes(inputs, outputs), *op_notes(ops), *notes),
        details={**graph_details(found.graph, ops), **_details(found, specs)},
    )


def open_meta_graph(tree: Tree, name: str) -> MetaGraph:
    """Index the MetaGraph in a file. Raises `FormatError` for bytes that are none."""
    found = parse_meta_graph(open_message(tree, name, META_GRAPH))
    if not found.graph.nodes and not found.signatures:
        raise FormatError("the MetaGraph has no nodes", where=name)
    return found


def _ports(found: MetaGraph) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    signature: Signature | None = main_signature(found.signatures)
    if signature is not None:
        return signature.inputs, signature.outputs
    outputs = tuple(spec for spec in graph_outputs(found.graph) if _may_be_answer(spec.name))
    inputs = tuple(spec for spec in graph_inputs(found.graph) if not spec.name.startswith(_NOT_THE_MODEL))
    return inputs, outputs


def _may_be_answer(name: str) -> bool:
    # The two ends of a TF1 condition's predicate are read by control dependencies only.
    return not name.startswith(_NOT_THE_MODEL) and not name.endswith(("/switch_t", "/switch_f"))


def _values(candidate: Candidate, specs: tuple[TensorSpec, ...]) -> tuple[tuple[FileFact, ...], tuple[str, ...]]:
    """Return the checkpoint's files where they are not here, and a note on where the values are."""
    if not specs:
        return (), ()
    tree, prefix = candidate.tree, candidate.name.removesuffix(".meta")
    called = f"the values of its {len(specs):,} variables"
    # The last is one shard of a checkpoint of the first version, or of a SessionBundle.
    endings = (".index", "", "-00000-of-00001")
    if any(tree.size(prefix + ending) is not None for ending in endings):
        return (), (f"{called} are in the checkpoint beside it",)
    short, expected = prefix.rpartition("/")[2], sum(spec.nbytes for spec in specs)
    absent = (
        FileFact(f"{short}.index", "index", None, None, "missing"),
        FileFact(f"{short}.data-00000-of-00001", "data", None, expected, "missing"),
    )
    return absent, (f"{called} are in a checkpoint that does not lie beside it: at least {shown(expected)}",)


def _details(found: MetaGraph, specs: tuple[TensorSpec, ...]) -> dict[str, Any]:
    saver = found.message.message("saver_def")
    details: dict[str, Any] = {
        "tags": list(found.tags),
        "variables": found.variables,
        "collections": sorted(found.message.mapping("collection_def")),
        "variable_types": sorted({spec.dtype for spec in specs}),
    }
    if restore := saver.text("restore_op_name"):
        details["saver"] = {
            "filename_tensor": saver.text("filename_tensor_name"),
            "restore_op": restore,
            "sharded": saver.flag("sharded"),
            "version": saver.uint("version"),
        }
    return details
