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
from loadstone.facts.finding import Evidence, Finding

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
    if told:
        yield FAULT.finding(
            ("it is nested deeper than any model needs, which crashes parsers"),
            *(Evidence(subject.source, note[:300]) for note in told),
        )


_DEEP = re.compile(r"nests deeper|nested too deep|nest(?:s|ed|ing).{0,40}level", re.IGNORECASE)
