"""What Keras recorded in a SavedModel: one JSON text for each of its objects.

What it is: `keras_metadata.pb` (Keras 2.5 and later), or the same texts inside the object graph (before).
What it is not: the objects' code, which is in the graph's functions. Lambda bytecode in these texts is neither decoded
nor run. Specification: tensorflow/python/keras/protobuf/saved_metadata.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from loadstone.errors import FormatError, LoadstoneError
from loadstone.facts import LayerFact, TensorSpec
from loadstone.formats.kinds.reencoded import ENCODINGS
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import MEMBER_BYTES
from loadstone.wire.protobuf import Message
from loadstone.wire.schemas.saved_model import KERAS_METADATA

METADATA_FILE = "keras_metadata.pb"
MARK = b"_tf_keras"
"""Every identifier of a Keras object begins so."""

_MODELS = ("_tf_keras_model", "_tf_keras_network", "_tf_keras_sequential")


@dataclass(frozen=True, slots=True)
class KerasObject:
    """One recorded object: `path` is `root`, `root.layer-1`, … ; `metadata` its JSON text."""

    path: str
    identifier: str
    metadata: str


@dataclass(frozen=True, slots=True)
class KerasRecord:
    """What the texts say, in the fields of `ModelFile`."""

    producer: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    layers: tuple[LayerFact, ...] = ()
    custom: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def read_keras(tree: Tree, name: str, object_graph: Message) -> KerasRecord:
    """Return the Keras facts of a SavedModel: from the file `name` if it is there, else from the object graph."""
    if tree.size(name) is not None:
        return _from_bytes(tree.read(name, MEMBER_BYTES), name.rpartition("/")[2])
    try:
        return _record(list(_from_object_graph(object_graph)))
    except LoadstoneError as error:
        return KerasRecord(notes=(f"the Keras metadata in the object graph cannot be read: {error}",))


def recorded_objects(tree: Tree, name: str, object_graph: Message | None) -> list[KerasObject]:
    """Return the texts themselves, for who looks into them; raises `FormatError` where they cannot be read."""
    if tree.size(name) is not None:
        return list(_from_file(Message(tree.read(name, MEMBER_BYTES), KERAS_METADATA)))
    return list(_from_object_graph(object_graph)) if object_graph is not None else []


def _from_bytes(data: bytes, name: str) -> KerasRecord:
    try:
        return _record(list(_from_file(Message(data, KERAS_METADATA))))
    except LoadstoneError as error:
        fault = f"{name} cannot be read: {error}"
    for encoding, label in ENCODINGS:
        healthy = _undone(data, encoding)
        # An editor ends what it saves with a line end of its own.
        for candidate in (healthy, healthy.removesuffix(b"\n")):
            record = _readable(candidate)
            if record is not None:
                note = f"{name} is a binary that was saved as {label} text; what was lost is left out"
                return replace(record, notes=(note, *record.notes))
    return KerasRecord(notes=(fault,))


def _readable(data: bytes) -> KerasRecord | None:
    """Return what the bytes say, if they are metadata of at least one model; an object that lost bytes is left out."""
    objects: list[KerasObject] = []
    try:
        for node in Message(data, KERAS_METADATA).messages("nodes"):
            with suppress(LoadstoneError):
                objects.append(_object(node))
        record = _record(objects)
    except LoadstoneError:
        return None
    return record if record.details else None


def _undone(data: bytes, encoding: str) -> bytes:
    """Return the bytes before they were read in a code page and written as UTF-8; empty where that is not possible."""
    try:
        return data.decode("utf-8").encode(encoding)
    except UnicodeError:
        return b""


def _from_file(message: Message) -> Iterator[KerasObject]:
    return map(_object, message.messages("nodes"))


def _object(node: Message) -> KerasObject:
    return KerasObject(node.text("node_path"), node.text("identifier"), node.text("metadata"))


def _from_object_graph(graph: Message) -> Iterator[KerasObject]:
    """Yield the objects whose bytes hold Keras's mark; the others, nearly all, are not decoded."""
    data = graph.data
    for number, (start, end) in enumerate(graph.spans_of("nodes")):
        if MARK not in data[start:end]:
            continue
        kind = graph.kind.of("nodes")
        user = Message(data, kind, start, end, f"{graph.where}.nodes[{number}]", graph.depth + 1).message("user_object")
        if user.text("identifier").startswith(MARK.decode()) and "metadata" in user:
            path = "root" if number == 0 else f"node-{number}"
            yield KerasObject(path, user.text("identifier"), user.text("metadata"))


def _record(objects: list[KerasObject]) -> KerasRecord:
    from loadstone.wire.json import parse_json

    parsed = [(found, parse_json(found.metadata, found.path)) for found in objects if found.metadata]
    if not parsed:
        return KerasRecord()
    root = _root(parsed)
    notes, custom = _hazards([value for _, value in parsed])
    producer = {}
    if isinstance(root, dict):
        version, backend = root.get("keras_version"), root.get("backend")
        producer = {key: str(value) for key, value in (("keras", version), ("backend", backend)) if value}
    facts = _model_facts(root)
    if facts is None:
        # The root is an object of the author's own that holds Keras layers; they are listed as they come.
        layers = tuple(_layer(value) for found, value in parsed if found.identifier == "_tf_keras_layer")
        return KerasRecord(producer, layers=layers, custom=custom, notes=notes)
    merged = tuple(dict.fromkeys((*facts.custom, *custom)))
    all_notes = tuple(dict.fromkeys((*facts.notes, *notes)))
    layers = facts.layers or tuple(_layer(value) for found, value in parsed if found.identifier == "_tf_keras_layer")
    return KerasRecord(producer, facts.inputs, facts.outputs, layers, merged, all_notes, facts.details)


def _root(parsed: list[tuple[KerasObject, Any]]) -> Any:
    """Return the outermost model's metadata; the first object's where none is a model."""
    for found, value in parsed:
        if found.path == "root" or found.identifier in _MODELS:
            return value
    return parsed[0][1]


def _model_facts(root: Any) -> Any:
    from loadstone.formats.keras.keras_facts import config_facts

    if not isinstance(root, dict):
        return None
    # `model_config` is the configuration as a file of its own would hold it; `config` stands beside a class name.
    for candidate in (root.get("model_config"), root):
        try:
            return config_facts(candidate, root.get("training_config"))
        except FormatError:
            continue
    return None


def _hazards(values: list[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return notes and custom names of every object: a loader builds each from its own text."""
    from loadstone.formats.keras.keras_hazards import find_hazards

    notes: dict[str, None] = {}
    custom: dict[str, None] = {}
    for value in values:
        found = find_hazards(_without_model_config(value))
        notes.update(dict.fromkeys(found.notes))
        custom.update(dict.fromkeys(found.custom))
    return tuple(notes), tuple(custom)


def _without_model_config(value: Any) -> Any:
    return {key: inner for key, inner in value.items() if key != "model_config"} if isinstance(value, dict) else value


def _layer(value: Any) -> LayerFact:
    from loadstone.formats.keras.keras_classes import is_stock

    value = value if isinstance(value, dict) else {}
    class_name, name = str(value.get("class_name", "")), str(value.get("name", ""))
    return LayerFact(name, class_name, custom=bool(class_name) and not is_stock(class_name))
