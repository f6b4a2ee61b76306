"""Fields that protobuf refused, read out of an error text, and what the schema knows of them.

What it is: the message `Message type "M" has no field named "f"` in all its spellings. What it is not: a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from loadstone.formats.detection.schema import pipeline_schema

PLACE = r"(?P<line>\d+):(?P<column>\d+) ?: [^\n]*?"
"""The place that a text parser names before what it has to say; newer ones quote the line in between."""

PARSER = r"ParseError|text_format|[Tt]ext.?format|[Ee]rror parsing text"
"""What shows that a message is a text parser's."""

_REFUSED = re.compile(
    r"(?:(?P<line>\d+):(?P<column>\d+) ?: ?)?[^\n]{0,200}?Message type [\\\"']*(?P<message>[\w.]+)[\\\"']* "
    r"has no field named [\\\"']*(?P<field>[\w.\[\]/]+)"
)


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that a message was said not to have; `line` is the file's (0: not said), `where` the text's."""

    message: str
    field: str
    line: int
    where: str
    shown: str


def unknown_fields(text: str) -> Iterator[UnknownField]:
    """Yield every refusal of a field in an error text."""
    if "has no field named" not in text:
        return
    for found in _REFUSED.finditer(text):
        number = text.count("\n", 0, found.start("message")) + 1
        message = found["message"].rpartition(".")[2] or found["message"]
        full = found["message"].partition("object_detection.protos.")[2]
        known = full if full in pipeline_schema().messages else message
        yield UnknownField(known, found["field"], int(found["line"] or 0), f"line {number} of the text", found[0][:200])


@cache
def ancestors(message: str) -> frozenset[str]:
    """Return the messages that a message may stand in, at any depth."""
    schema = pipeline_schema()
    holders = {
        outer for outer, fields in schema.messages.items() for kind in fields.values() if kind.lstrip("*") == message
    }
    found = set(holders)
    for holder in holders - {message}:
        found |= ancestors(holder) if holder not in _LOOPS else set()
    return frozenset(found)


_LOOPS = frozenset({"AnchorGenerator"})
"""Messages that may stand in themselves would never end; none of those above it is lost by leaving them out."""
