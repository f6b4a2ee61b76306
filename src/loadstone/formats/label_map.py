"""Label maps (`label_map.pbtxt`): a text proto that gives each class id its name.

What it is: `item { id name display_name }`, with keypoints. What it is not: a list of names one per line (`labels`).
Specification: object_detection/protos/string_int_label_map.proto of tensorflow/models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadstone.errors import FormatError
from loadstone.facts import FileFact, ModelFile
from loadstone.formats.kinds.textsniff import first_field
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import LABEL_BYTES
from loadstone.wire.textproto import TextMessage, parse


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Class id → the name to show (`display_name` where there is one), and what else the items say.

    `keys` holds `name` (`/m/01g317`) where another name is shown; `keypoints`: class id → its points' id → label.
    """

    names: Mapping[int, str]
    keys: Mapping[int, str] = field(default_factory=dict)
    keypoints: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def sniff(candidate: Candidate) -> bool:
    """Whether the text begins with an item."""
    return is_label_map(candidate.head)


def is_label_map(head: bytes) -> bool:
    """Whether a text's first field is `item {`."""
    return first_field(head) == ("item", True)


def read(candidate: Candidate) -> ModelFile:
    """Return the labels. Raises `FormatError` with line and column."""
    found = parse_label_map(candidate.tree.read(candidate.name, LABEL_BYTES))
    details = {"keys": dict(found.keys), "keypoints": {key: dict(value) for key, value in found.keypoints.items()}}
    return ModelFile(
        source=candidate.source,
        format="label-map",
        files=(FileFact(candidate.name, "labels", candidate.size),),
        labels=found.names,
        notes=found.notes,
        details={name: value for name, value in details.items() if value},
    )


def parse_label_map(data: bytes) -> LabelMap:
    """Return the label map that a text holds. Raises `FormatError`, also for an item without an id."""
    message = parse(data)
    names: dict[int, str] = {}
    keys: dict[int, str] = {}
    keypoints: dict[int, Mapping[int, str]] = {}
    notes = [f"the field {name} is not one of a label map" for name in message.names if name != "item"]
    for item in message.messages("item"):
        number = _id(item)
        if number in names:
            notes.append(f"the id {number} is given twice; {item.where} counts")
        names[number] = item.text("display_name") or item.text("name") or str(number)
        if (key := item.text("name")) and key != names[number]:
            keys[number] = key
        if points := item.messages("keypoints"):
            keypoints[number] = {_id(point): point.text("label") for point in points}
    return LabelMap(dict(sorted(names.items())), keys, keypoints, tuple(notes))


def _id(item: TextMessage) -> int:
    if "id" not in item:
        fact = f"the {item.name} has no id"
        raise FormatError(fact, where=item.where, expected="id: and a number", found=", ".join(item.names) or "nothing")
    return item.integer("id")
