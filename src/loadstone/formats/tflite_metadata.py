"""What a TFLite model says of itself: its metadata buffer and the files that are packed behind it.

What it is: the flatbuffer `M001` in the buffer TFLITE_METADATA as plain JSON values, and the labels in the zip behind.
What it is not: an unpacker; the zip's members are read in memory by the names that the metadata gives.
Specification: tflite-support's metadata_schema.fbs; the zip is appended to the model's own bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import LoadstoneError
from loadstone.formats.tflite_schema import TfliteModel
from loadstone.formats.trees.archive_tree import ZipTree
from loadstone.wire.flatbuffer import Table, TableType, root
from loadstone.wire.limits import MIB
from loadstone.wire.protobuf import Buffer

BUFFER_NAME = "TFLITE_METADATA"
RUNTIME_NAME = "min_runtime_version"
_IDENTIFIER = b"M001"
_LABEL_BYTES = 4 * MIB

_MODEL = TableType(
    "ModelMetadata", "name description version subgraph_metadata author license associated_files min_parser_version"
)
_SUBGRAPH = TableType(
    "SubGraphMetadata", "name description input_tensor_metadata output_tensor_metadata associated_files"
)
_TENSOR = TableType("TensorMetadata", "name description dimension_names content process_units stats associated_files")
_FILE = TableType("AssociatedFile", "name description type locale version")
_CONTENT = TableType("Content", "content_properties_type content_properties range")
_IMAGE = TableType("ImageProperties", "color_space default_size")
_BOX = TableType("BoundingBoxProperties", "index type coordinate_type")
_UNIT = TableType("ProcessUnit", "options_type options")
_NORMALIZATION = TableType("NormalizationOptions", "mean std")
_THRESHOLD = TableType("ScoreThresholdingOptions", "global_score_threshold")
_STATS = TableType("Stats", "max min")

_CONTENTS = {1: "feature", 2: "image", 3: "bounding-box", 4: "audio"}
_FILE_TYPES = {2: "axis-labels", 3: "value-labels", 4: "score-calibration", 5: "vocabulary"}
_BOX_TYPES = {1: "boundaries", 2: "upper-left", 3: "center"}
LABEL_TYPES = ("axis-labels", "value-labels")


@dataclass(frozen=True, slots=True)
class Metadata:
    """`facts` as plain JSON values; `labels`: class index → name; `files`: the packed files with their sizes."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_metadata(data: Buffer, model: TfliteModel) -> Metadata:
    """Read the metadata buffer and the appended files; what is broken becomes a note, not an error."""
    notes: list[str] = []
    facts: dict[str, Any] = {}
    if BUFFER_NAME in model.metadata:
        start, length = model.span(model.metadata[BUFFER_NAME])
        try:
            facts = _facts(root(bytes(data[start : start + length]), _MODEL, _IDENTIFIER))
        except LoadstoneError as error:
            notes.append(f"the model's metadata cannot be read: {error}")
    tree = _appended(data, notes)
    if tree is None:
        return Metadata(facts, notes=tuple(notes))
    return Metadata(facts, _labels(tree, facts, notes), dict(tree.sizes), tuple(notes))


def runtime_version(data: Buffer, model: TfliteModel) -> str:
    """Return the least TFLite version that the converter asks for; empty where it does not say."""
    start, length = model.span(model.metadata.get(RUNTIME_NAME, -1))
    return bytes(data[start : start + min(length, 64)]).split(b"\0")[0].decode("ascii", "backslashreplace")


def _appended(data: Buffer, notes: list[str]) -> ZipTree | None:
    """Return the zip behind the model, or None where there is none."""
    tail = bytes(data[max(0, len(data) - 65_557) :])
    if b"PK\x05\x06" not in tail:
        return None
    try:
        return ZipTree(data, "")
    except LoadstoneError as error:
        notes.append(f"the files packed behind the model cannot be read: {error}")
    return None


def _labels(tree: ZipTree, facts: Mapping[str, Any], notes: list[str]) -> dict[int, str]:
    for name in _label_files(tree, facts):
        try:
            text = tree.read(name, _LABEL_BYTES).decode("utf-8-sig", "backslashreplace")
        except LoadstoneError as error:
            notes.append(f"the labels cannot be read: {error}")
            continue
        return dict(enumerate(line.strip() for line in text.splitlines()))
    return {}


def _label_files(tree: ZipTree, facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the packed files that hold class names: those that the metadata calls so, then those named so."""
    for entry in _entries(facts):
        if entry["type"] in LABEL_TYPES and entry["name"] in tree.sizes:
            yield entry["name"]
    yield from (name for name in tree.sizes if name.endswith(".txt") and "label" in name.lower())


def _entries(facts: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for tensor in facts.get("outputs", ()):
        yield from tensor["files"]
    yield from facts.get("files", ())


def _facts(table: Table) -> dict[str, Any]:
    facts: dict[str, Any] = _texts(table, "name", "description", "version", "author", "license", "min_parser_version")
    facts["files"] = _files(table)
    for subgraph in table.tables("subgraph_metadata", _SUBGRAPH):
        facts.setdefault("inputs", []).extend(_tensor(t) for t in subgraph.tables("input_tensor_metadata", _TENSOR))
        facts.setdefault("outputs", []).extend(_tensor(t) for t in subgraph.tables("output_tensor_metadata", _TENSOR))
        facts["files"] += _files(subgraph)
    return facts


def _texts(table: Table, *fields: str) -> dict[str, Any]:
    """Return the string fields that are set."""
    return {name: text for name in fields if (text := table.text(name))}


def _files(table: Table) -> list[dict[str, str]]:
    return [
        {"name": entry.text("name"), "type": _FILE_TYPES.get(entry.number("type", "b"), "other")}
        for entry in table.tables("associated_files", _FILE)
    ]


def _tensor(table: Table) -> dict[str, Any]:
    facts = _texts(table, "name", "description")
    facts["files"] = _files(table)
    facts |= _content(table.table("content", _CONTENT))
    stats = table.table("stats", _STATS)
    if stats is not None:
        facts |= {name: values for name in ("min", "max") if (values := list(stats.numbers(name, "f")))}
    for unit in table.tables("process_units", _UNIT):
        facts |= _unit(unit)
    return facts


def _content(content: Table | None) -> dict[str, Any]:
    """Return what a tensor holds; for a picture its colours, for boxes the order and unit of their numbers."""
    if content is None:
        return {}
    kind = _CONTENTS.get(content.number("content_properties_type", "B"), "unknown")
    facts: dict[str, Any] = {"content": kind}
    if kind == "image" and (image := content.table("content_properties", _IMAGE)) is not None:
        facts["color_space"] = {1: "rgb", 2: "grayscale"}.get(image.number("color_space", "b"), "unknown")
    if kind == "bounding-box" and (box := content.table("content_properties", _BOX)) is not None:
        facts["box_order"] = list(box.numbers("index", "I"))
        facts["box_type"] = _BOX_TYPES.get(box.number("type", "b"), "unknown")
        facts["box_unit"] = "pixel" if box.number("coordinate_type", "b") else "ratio"
    return facts


def _unit(unit: Table) -> dict[str, Any]:
    """Return a processing step: normalisation is (value - mean) / std."""
    kind = unit.number("options_type", "B")
    if kind == 1 and (options := unit.table("options", _NORMALIZATION)) is not None:
        return {"mean": list(options.numbers("mean", "f")), "std": list(options.numbers("std", "f"))}
    if kind == 3 and (options := unit.table("options", _THRESHOLD)) is not None:
        return {"score_threshold": options.real("global_score_threshold")}
    return {}
