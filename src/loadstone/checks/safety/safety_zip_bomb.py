"""An archive declares contents that are far larger than it is.

What is seen

    Members whose unpacked size is hundreds of times their packed size, and hundreds of megabytes.

Why

    Deflate packs zeros a thousandfold: reading such a member fills memory or disk. Weights do not pack so well.

Remedy

    Do not unpack or load it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.errors import LimitError
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.limits import MIB
from loadstone.wire.zipguard import read_index

FAULT = Fault(
    "safety-zip-bomb",
    "error",
    help="do not unpack or load it",
)

_FLOOR = 256 * MIB
_FACTOR = 100


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the members that are bombs; of a packed tar the whole."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not subject.top:
        return
    if candidate.head.startswith(b"PK"):
        members = read_index(candidate.tree.view(candidate.name)).members
        big = [member for member in members if member.size > _FLOOR and member.size > member.packed * _FACTOR]
        if big or sum(member.size for member in members) > max(_FLOOR, candidate.size * _FACTOR):
            total = sum(member.size for member in members)
            fact = f"unpacking it would give {total:,} bytes out of {candidate.size:,}"
            yield FAULT.finding(
                fact,
                *(
                    Evidence(
                        (f"{subject.source}: {member.name}"),
                        f"{member.size:,} bytes unpacked",
                        f"{member.packed:,} packed",
                    )
                    for member in big
                ),
            )
        return
    unpacked = int(subject.model.details.get("unpacked_bytes", 0)) if subject.model else 0
    if unpacked > _FLOOR and unpacked > candidate.size * _FACTOR:
        yield FAULT.finding(
            (f"unpacking it would give {unpacked:,} bytes out of {candidate.size:,}"), Evidence(subject.source)
        )
    elif isinstance(subject.error, LimitError) and candidate.head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        yield FAULT.finding(
            (f"unpacking it was given up: {subject.error.fact}"),
            Evidence(subject.error.where, subject.error.found, subject.error.expected),
        )
