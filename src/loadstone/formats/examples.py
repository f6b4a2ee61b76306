"""What one record of a TFRecord file holds: the features of a `tf.train.Example` or `SequenceExample`.

What it is: names, kinds and counts, for a listing. What it is not: a decoder of pictures or boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loadstone.errors import FormatError
from loadstone.wire.packed import count_varints
from loadstone.wire.protobuf import Buffer, Message
from loadstone.wire.schemas.example import EXAMPLE, SEQUENCE_EXAMPLE

_KINDS = {"bytes_list": "bytes", "float_list": "float32", "int64_list": "int64"}
_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: the kind of its values (`bytes`, `float32`, `int64`, empty where it has none) and how many.

    `steps` is the length of a feature list in a SequenceExample, None elsewhere.
    """

    name: str
    kind: str
    count: int
    steps: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return kind and count, and the steps of a list."""
        steps = {} if self.steps is None else {"steps": self.steps}
        return {"kind": self.kind, "count": self.count, **steps}


def features_of(record: Buffer) -> tuple[str, tuple[Feature, ...]] | None:
    """Return (message name, features sorted by name), or None where a record is neither message."""
    try:
        message = Message(record, SEQUENCE_EXAMPLE)
        if message.unknown() or not message.entries:
            return None
        features = _context(Message(record, EXAMPLE).message("features"))
        if "feature_lists" not in message:
            return ("tf.train.Example", features) if features else None
        return "tf.train.SequenceExample", (*features, *_lists(message.message("feature_lists")))
    except FormatError:
        return None


def _context(features: Message) -> tuple[Feature, ...]:
    _refuse_unknown(features)
    return tuple(Feature(name, *_kind(feature)) for name, feature in sorted(features.mapping("feature").items()))


def _lists(lists: Message) -> tuple[Feature, ...]:
    found = []
    for name, steps in sorted(lists.mapping("feature_list").items()):
        kinds = [_kind(step) for step in steps.messages("feature")]
        kind = next((kind for kind, _ in kinds if kind), "")
        found.append(Feature(name, kind, sum(count for _, count in kinds), len(kinds)))
    return tuple(found)


def _kind(feature: Message) -> tuple[str, int]:
    _refuse_unknown(feature)
    for field, kind in _KINDS.items():
        if field in feature:
            return kind, _count(feature.message(field), kind)
    return "", 0


def _count(values: Message, kind: str) -> int:
    """Return the number of values; a packed list is counted, not decoded."""
    if kind == "bytes":
        return len(values.spans_of("value"))
    count = 0
    for entry in values.entries.get(1, ()):
        if isinstance(entry, int):
            count += 1
        elif kind == "float32":
            count += (entry[1] - entry[0]) // _FLOAT_BYTES
        else:
            count += count_varints(values.data, *entry)
    return count


def _refuse_unknown(message: Message) -> None:
    """A record of another message may look like an Example at first; unknown fields give it away."""
    if message.unknown():
        raise FormatError("not an example", where=message.where, found=f"field {message.unknown()[0]}")
