"""The file holds nothing, or nothing but zeros.

What is seen

    A file of 0 bytes, or one whose every byte is zero; loaders say `file signature not found`, `Error parsing
    message`, `File is not a zip file`.

Why

    A download failed after its file was made, the disk was full, or a file was reserved at its length and never
    filled.

Remedy

    Fetch the file again.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.registry import Candidate

FAULT = Fault(
    "file-empty",
    "error",
    help="fetch the file again",
)

_STEP = 1 << 20
_MOST = 64 << 20


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield that there is nothing in the file."""
    candidate = subject.candidate
    if candidate is None or candidate.is_folder:
        return
    if subject.format == "empty":
        yield FAULT.finding(
            f"{subject.path.name} is empty: it has 0 bytes", Evidence(subject.source, "0 bytes", "a model")
        )
    elif not any(candidate.head) and _zeros(candidate):
        fact = f"{subject.path.name} holds nothing but zeros, {candidate.size:,} bytes: it was never filled"
        yield FAULT.finding(fact, Evidence(subject.source, "zeros", "a model"))


def _zeros(candidate: Candidate) -> bool:
    data = candidate.tree.view(candidate.name)
    places = range(0, min(len(data), _MOST), _STEP)
    return all(not any(bytes(data[at : at + _STEP])) for at in places)
