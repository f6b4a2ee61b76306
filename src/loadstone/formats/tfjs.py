"""TensorFlow.js models: `model.json` with its shards, as layers or as a graph.

What it is: the topology, the manifest of weights and the labels of Teachable Machine, as facts. What it is not: a
converter back to TensorFlow. Specification: tfjs-core, io/types.ts (ModelJSON); the layers' topology is Keras'
configuration, the graph's is a GraphDef in JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.facts import FileFact, ModelFile, Tensors, TensorSpec
from loadstone.facts.tensor import Shape
from loadstone.formats.registry import Candidate
from loadstone.formats.tfjs_weights import Group, lazy_tensors, parse_manifest, shard_facts
from loadstone.wire.json import parse_json
from loadstone.wire.limits import TENSOR_RANK, TEXT_BYTES

_MARKS = (b'"modelTopology"', b'"weightsManifest"', b'"graph-model"', b'"layers-model"')
_METADATA_BYTES = 1 << 20


def sniff(candidate: Candidate) -> bool:
    """Return whether a JSON text begins as TensorFlow.js writes it."""
    head = candidate.head
    if any(mark in head for mark in _MARKS):
        return True
    return head.lstrip().startswith(b"[") and b'"paths"' in head and b'"weights"' in head


def read(candidate: Candidate) -> ModelFile:
    """Read the topology and the manifest; the weights stay in their shards."""
    document = parse_json(candidate.tree.read(candidate.name, TEXT_BYTES), candidate.name)
    if isinstance(document, list):
        document = {"weightsManifest": document, "format": "graph-model"}
    groups = parse_manifest(document.get("weightsManifest", []), "weightsManifest")
    topology = _object(document.get("modelTopology"))
    is_graph = document.get("format") == "graph-model" or "node" in topology
    shards = [fact for group in groups for fact in shard_facts(candidate, group)]
    facts = _graph(document, topology) if is_graph else _layers(document, topology)
    labels, metadata = _teachable(candidate)
    return ModelFile(
        source=candidate.source,
        format="tfjs-graph" if is_graph else "tfjs-layers",
        complete=bool(topology) and all(fact.state == "present" for fact in shards),
        files=(FileFact(candidate.name.rpartition("/")[2], "model", candidate.size), *shards),
        tensors=Tensors(_tensors(candidate, groups, is_graph)),
        labels=labels,
        **_with_notes(facts, [*_notes(topology, groups, shards)], metadata),
    )


def _tensors(candidate: Candidate, groups: list[Group], is_graph: bool) -> Iterator[Any]:
    for group in groups:
        yield from lazy_tensors(candidate, group, constants=is_graph)


def _with_notes(facts: dict[str, Any], notes: list[str], metadata: Mapping[str, Any]) -> dict[str, Any]:
    facts["notes"] = (*facts.get("notes", ()), *notes)
    facts["details"] = {**facts.get("details", {}), **metadata}
    return facts


def _notes(topology: Mapping[str, Any], groups: list[Group], shards: list[FileFact]) -> Iterator[str]:
    if not topology:
        yield "the manifest of weights has no topology beside it (tensorflowjs_model.pb in old models)"
    if any(group.nbytes is None for group in groups):
        yield "a string tensor hides the place of the weights behind it; they are not listed"
    for fact in shards:
        if fact.state == "present":
            continue
        size = f" of {fact.expected:,} bytes" if fact.expected is not None else ""
        yield f"the shard {fact.path}{size} is {fact.state}"


def _layers(document: Mapping[str, Any], topology: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a layers model: its topology is a Keras configuration, bare or under `model_config`."""
    from loadstone.formats.keras.keras_facts import config_facts

    made_by = _text(topology.get("keras_version")) or _text(document.get("generatedBy")).removeprefix("keras v")
    by_script = made_by.lower().startswith(("tfjs", "tensorflow.js"))
    producer = {
        "keras": "" if by_script else made_by,
        "tensorflowjs": made_by if by_script else _text(document.get("convertedBy")),
    }
    result: dict[str, Any] = {"producer": {key: value for key, value in producer.items() if value}}
    try:
        facts = config_facts(topology.get("model_config", topology))
    except LoadstoneError as error:
        return {**result, "notes": (f"the topology cannot be read: {error}",)}
    return {
        **result,
        "inputs": facts.inputs,
        "outputs": facts.outputs,
        "layers": facts.layers,
        "custom": facts.custom,
        "notes": facts.notes,
        "details": dict(facts.details),
    }


def _graph(document: Mapping[str, Any], topology: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a graph model: operations, and the signature or else the ends of the graph."""
    from loadstone.formats.graph.graph_ops import standard_ops

    nodes = [_object(node) for node in _list(topology.get("node"))]
    inner = [
        _object(node)
        for function in _list(_object(topology.get("library")).get("function"))
        for node in _list(_object(function).get("nodeDef"))
    ]
    ops = Counter(_text(node.get("op")) for node in (*nodes, *inner))
    signature = _object(document.get("signature")) or _object(
        _object(document.get("userDefinedMetadata")).get("signature")
    )
    producer = {
        "tensorflow": _text(document.get("generatedBy")),
        "tensorflowjs": _text(document.get("convertedBy")),
        "graphdef_producer": str(_object(topology.get("versions")).get("producer", "")),
    }
    return {
        "producer": {key: value for key, value in producer.items() if value},
        "inputs": tuple(_specs(signature.get("inputs"))) or tuple(_placeholders(nodes)),
        "outputs": tuple(_specs(signature.get("outputs"))) or tuple(_ends(nodes)),
        "ops": dict(ops.most_common()),
        "custom": tuple(sorted(op for op in ops if op and op not in standard_ops())),
    }


def _specs(arguments: Any) -> Iterator[TensorSpec]:
    """Yield a signature's arguments; converters of 2020 leave types and shapes out."""
    for name, argument in sorted(_object(arguments).items()):
        fields = _object(argument)
        yield TensorSpec(
            name,
            _dtype(fields.get("dtype")),
            _shape(fields.get("tensorShape")),
            tensor_name=_text(fields.get("name")),
        )


def _placeholders(nodes: list[dict[str, Any]]) -> Iterator[TensorSpec]:
    for node in nodes:
        if node.get("op") == "Placeholder":
            attributes = _object(node.get("attr"))
            shape = _shape(_object(attributes.get("shape")).get("shape"))
            yield TensorSpec(_text(node.get("name")), _dtype(_object(attributes.get("dtype")).get("type")), shape)


def _ends(nodes: list[dict[str, Any]]) -> Iterator[TensorSpec]:
    """Yield the nodes that no other reads."""
    read_by_others = {
        _text(name).removeprefix("^").partition(":")[0] for node in nodes for name in _list(node.get("input"))
    }
    for node in nodes:
        name = _text(node.get("name"))
        if name not in read_by_others and node.get("op") not in ("Const", "Placeholder", "NoOp"):
            yield TensorSpec(name, _dtype(_object(_object(node.get("attr")).get("T")).get("type")), None)


def _dtype(value: Any) -> str:
    """Return `float32` for `DT_FLOAT`; empty where the type is not said."""
    from loadstone.formats.dtypes import NUMBERS

    name = _text(value).removeprefix("DT_").lower()
    name = {"float": "float32", "double": "float64", "half": "float16"}.get(name, name)
    return name if name in NUMBERS else ""


def _shape(value: Any) -> Shape | None:
    """Return the sides of a TensorShapeProto in JSON, whose numbers are texts; None where the rank is unknown."""
    fields = _object(value)
    if not fields or fields.get("unknownRank"):
        return None
    sides = [_text(_object(dim).get("size")) for dim in _list(fields.get("dim"))[:TENSOR_RANK]]
    return tuple(int(side) if side.isascii() and side.isdigit() and len(side) < 16 else None for side in sides)


def _teachable(candidate: Candidate) -> tuple[dict[int, str], dict[str, Any]]:
    """Return the labels and facts of Teachable Machine's `metadata.json` beside the model."""
    name = candidate.beside("metadata.json")
    if not candidate.tree.size(name):
        return {}, {}
    try:
        document = _object(parse_json(candidate.tree.read(name, _METADATA_BYTES), name))
    except LoadstoneError:
        return {}, {}
    labels = {number: label for number, label in enumerate(_list(document.get("labels"))) if isinstance(label, str)}
    facts = {key: document[key] for key in ("tmVersion", "packageName", "imageSize", "modelName") if key in document}
    return labels, {"teachable_machine": facts} if facts else {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
