"""Two readers of the zip would see different contents.

What is seen

    Two members of one name, a directory and local headers that differ, overlapping members, bytes before the
    first member.

Why

    A scanner that reads the one and a loader that reads the other disagree about what is in the file, which is
    how code is brought past a scanner.

Remedy

    Do not load it; ask for an archive that was written by one program in one go.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.zipguard import read_index

FAULT = Fault(
    "safety-ambiguous-archive",
    "error",
    help="do not load it; ask for an archive that was written in one go",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what the readers would disagree about."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder or not candidate.head.startswith(b"PK") or not subject.top:
        return
    faults = [
        fault for fault in read_index(candidate.tree.view(candidate.name)).faults if "not used as a path" not in fault
    ]
    if faults:
        fact = f"two readers would disagree about this zip: {faults[0]}"
        yield FAULT.finding(fact, *(Evidence(subject.source, fault) for fault in faults))
