"""What Loadstone puts beside weights that it writes: the detector's configuration, its classes' names, what was built.

It is a member of a `.keras` archive, which Keras passes over, and an attribute of the picture's node in a frozen graph
and a SavedModel, which TensorFlow passes over for its first underscore. What it is not: needed to run either of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import DetectorFacts
from loadstone.formats.detection.config import from_pipeline
from loadstone.wire.json import parse_json
from loadstone.wire.limits import TEXT_BYTES, shown
from loadstone.wire.textdump import dump
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textproto import parse

MEMBER = "loadstone.json"
ATTRIBUTE, NODE, SERVED = "_loadstone", "input_tensor", "serving_default_input_tensor"
"""A graph's attribute, packed by zlib, and the node that has it: in a frozen graph, and in a SavedModel."""

SCHEMA = 1
NOTES, NOTE = 64, 400
"""Sentences about how a detector was built, and characters of one, that are read."""


@dataclass(frozen=True, slots=True)
class RebuiltMember:
    """The configuration, the names of the classes counted from 1, and what no configuration states.

    `extractor` is the one that was built, where the weights had to decide; `clip_first` and `within_padding`
    are how it clips its boxes, see `blueprint/clipping.py`.
    `blueprint` describes a built detector whole, as `blueprint/as_json.py` has it: plain values, not yet checked;
    `notes` are sentences about how it was built.
    """

    config: TextMessage
    labels: Mapping[int, str] = field(default_factory=dict)
    extractor: str = ""
    clip_first: bool = False
    within_padding: bool = False
    blueprint: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    def as_bytes(self) -> bytes:
        """Return the member's content."""
        record = {
            "schema": SCHEMA,
            "pipeline_config": dump(self.config),
            "labels": [[class_id, name] for class_id, name in self.labels.items()],
            "extractor": self.extractor,
            "clip_first": self.clip_first,
            "within_padding": self.within_padding,
        }
        if self.blueprint is None:
            return json.dumps(record, indent=1).encode()
        built = {"blueprint": self.blueprint, "notes": list(self.notes)}
        return json.dumps({**record, **built}, allow_nan=False).encode()

    def as_packed(self) -> bytes:
        """Return the value of the graph's attribute."""
        return zlib.compress(self.as_bytes(), 9)

    @property
    def facts(self) -> DetectorFacts:
        """What the detector is: as its blueprint has it, else its configuration."""
        if self.blueprint is None:
            return from_pipeline(self.config)
        own, size = self.blueprint, _pair(self.blueprint.get("resizer"))
        meta, extractor, classes = (own.get(name) for name in ("meta_architecture", "feature_extractor", "num_classes"))
        return DetectorFacts(
            meta_architecture=str(meta)[:80] if meta else None,
            feature_extractor=str(extractor)[:80] if extractor else None,
            num_classes=classes if type(classes) is int else None,
            input_size=size,
        )


def _pair(resizer: Any) -> tuple[int, int] | None:
    """Return the (height, width) of a resizer that was read and not yet checked."""
    size = resizer.get("size") if isinstance(resizer, Mapping) else None
    if isinstance(size, list) and len(size) == 2 and all(type(side) is int for side in size):
        return size[0], size[1]
    return None


def read_packed(data: bytes) -> RebuiltMember:
    """Read the graph's attribute back; `FormatError` where it is not one of this version."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, TEXT_BYTES)
    except zlib.error as error:
        raise FormatError(f"the description of the detector does not unpack: {error}", where=ATTRIBUTE) from error
    if not unpacker.eof:
        expected = f"one stream of at most {shown(TEXT_BYTES)} unpacked"
        raise FormatError("the description of the detector does not end", where=ATTRIBUTE, expected=expected)
    return read_member(text)


def read_member(data: bytes) -> RebuiltMember:
    """Read the member back; `FormatError` where it is not one of this version."""
    value = parse_json(data, MEMBER)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise FormatError("the description of the detector is not of this version", where=MEMBER)
    text, labels = value.get("pipeline_config"), value.get("labels", [])
    pairs = isinstance(labels, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in labels)
    if not isinstance(text, str) or not pairs:
        raise FormatError("the description of the detector lacks its configuration or has wrong names", where=MEMBER)
    try:
        config = parse(text.encode("utf-8", "surrogateescape"))
        named = {int(class_id): str(name) for class_id, name in labels}
    except (FormatError, TypeError, ValueError) as error:
        raise FormatError(f"the description of the detector is broken: {error}", where=MEMBER) from error
    blueprint, notes = value.get("blueprint"), value.get("notes", [])
    if (blueprint is not None and not isinstance(blueprint, dict)) or not isinstance(notes, list):
        raise FormatError("the description of the detector is broken", where=MEMBER, expected="a blueprint's fields")
    said = tuple(note[:NOTE] for note in notes[:NOTES] if isinstance(note, str))
    return RebuiltMember(
        config,
        named,
        extractor=str(value.get("extractor", "")),
        clip_first=bool(value.get("clip_first")),
        within_padding=bool(value.get("within_padding")),
        blueprint=blueprint,
        notes=said,
    )
