"""A checkpoint's index points beyond its data.

What is seen

    An entry whose offset and size end past its data file although the file is as long as the others say; shapes
    whose product is not the size.

Why

    A reader that believes the index reads memory that is not the file's. Where the file is merely short, it was
    cut: that is `ckpt-data-truncated`.

Remedy

    Do not load it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.limits import MIB

FAULT = Fault(
    "safety-index-out-of-range",
    "error",
    help="do not load it",
)

_FACTOR = 4096
"""A download that stops has fetched more than this share of the whole."""

_BEYOND = 1 << 40


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield data files for which the index adds up to many times what any cut would explain."""
    for file in subject.model.files if subject.model else ():
        if file.role != "data" or file.state != "truncated" or file.expected is None or not file.size:
            continue
        if file.expected > _BEYOND or file.expected > max(64 * MIB, file.size * _FACTOR):
            fact = f"the index points {file.expected - file.size:,} bytes beyond {file.path}"
            place = Evidence(
                f"{subject.source}: {file.path}", f"{file.size:,} bytes", f"{file.expected:,} bytes (index)"
            )
            yield FAULT.finding(fact, place)
