"""The items of a label map as they were meant, with the place of each.

What it is: id, name and where; quoted ids are read. What it is not: a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.checks.subject import Subject
from loadstone.checks.views.config_paths import named_paths
from loadstone.checks.views.config_text import ConfigText, config_texts
from loadstone.errors import FormatError, LoadstoneError
from loadstone.formats.detection.schema import LABELS, pipeline_schema
from loadstone.wire.limits import LABEL_BYTES
from loadstone.wire.texttolerant import read_tolerant


@dataclass(frozen=True, slots=True)
class Item:
    """`number` is None where the item states no id; `at` is where the id (or the item) stands."""

    number: int | None
    name: str
    display: str
    at: int


def label_maps(subject: Subject) -> Iterator[ConfigText]:
    """Yield the subject's texts that are label maps, and those that its configurations name and that lie here."""
    for text in config_texts(subject):
        if text.kind == LABELS:
            yield text
    if subject.top:
        for path in named_paths(subject):
            if path.field == "label_map_path" and path.found is not None and path.found.is_file():
                try:
                    data = path.found.read_bytes()[: LABEL_BYTES + 1]
                    read = read_tolerant(data, pipeline_schema(), LABELS)
                except (OSError, LoadstoneError):
                    continue
                yield ConfigText(str(path.found), LABELS, data, read, path.found, True, path.found.parent)


def items_of(text: ConfigText) -> list[Item]:
    """Return the items of a label map, in order; one whose fields cannot be read is left out."""
    found = []
    for item in text.root.messages("item"):
        try:
            at = max((at for name, _, at in item.entries if name == "id"), default=item.at)
            number = item.integer("id") if "id" in item else None
            found.append(Item(number, item.text("name"), item.text("display_name"), at))
        except FormatError:
            continue
    return found
