"""A configuration or message is nested deeper than readers can follow.

What is seen

    JSON of thousands of brackets, protobuf of thousands of levels.

Why

    A parser that calls itself for each level runs out of stack, and in C code crashes the process.

Remedy

    Do not load it: no model needs such depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.registry import Candidate
from loadstone.wire.limits import PROTOBUF_DEPTH
from loadstone.wire.protobuf import Buffer, index_fields

FAULT = Fault(
    "safety-deep-nesting",
    "error",
    help="do not load it: no model needs such depth",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield where the nesting passes the cap."""
    told = [note for note in (subject.model.notes if subject.model else ()) if _DEEP.search(note)]
    if subject.error is not None and _DEEP.search(str(subject.error)):
        told.append(str(subject.error))
    candidate = subject.candidate
    if not told and candidate is not None and not candidate.is_folder and subject.format in ("frozen-graph", ""):
        told += list(_deep_messages(candidate))
    if told:
        yield FAULT.finding(
            ("it is nested deeper than any model needs, which crashes parsers"),
            *(Evidence(subject.source, note[:300]) for note in told),
        )


_DEEP = re.compile(r"nests deeper|nested too deep|nest(?:s|ed|ing).{0,40}level", re.IGNORECASE)


_SMALLEST = 2 * PROTOBUF_DEPTH
"""A message of fewer bytes has no room for that many levels, each of a tag and a length."""


def _deep_messages(candidate: Candidate) -> Iterator[str]:
    """Yield a sentence for the first field at the top that nests deeper than protobuf's own limit."""
    if candidate.head[:1] not in (b"\x0a", b"\x12"):
        return
    data = candidate.tree.view(candidate.name)
    for start, end in _inner(data, 0, len(data)):
        levels = 1
        place: tuple[int, int] | None = (start, end)
        while place is not None and place[1] - place[0] > _SMALLEST // 2 and levels <= PROTOBUF_DEPTH:
            place = max(_inner(data, *place), key=lambda span: span[1] - span[0], default=None)
            levels += 1
        if levels > PROTOBUF_DEPTH:
            yield f"the message at byte {start:,} is nested more than {PROTOBUF_DEPTH} levels deep"
            return


def _inner(data: Buffer, start: int, end: int) -> list[tuple[int, int]]:
    """Return the length-delimited fields of a message that are long enough to hide depth; none if it is no message."""
    try:
        found = index_fields(data, start, end)
    except FormatError:
        return []
    spans = [entry for entries in found.values() for entry in entries if isinstance(entry, tuple)]
    return [span for span in spans if span[1] - span[0] > _SMALLEST // 2]
