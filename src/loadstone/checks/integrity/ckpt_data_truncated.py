"""A data file of a checkpoint is shorter than its index adds up to.

What is seen

    `Read less bytes than requested`, `OutOfRangeError`, or `Checksum does not match` for the last tensors.

Why

    A copy or download stopped. The index holds where each tensor ends, so that the missing bytes are known
    exactly.

Remedy

    Fetch or copy the `.data` file again.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-data-truncated",
    "error",
    help="fetch or copy the .data file again",
)

TEXTS = (
    Saying(
        r"Read (?:less|fewer) bytes than requested",
        "a file of the checkpoint ends before a tensor or block that it should hold",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield each data file that is short, with the tensors that lie beyond its end."""
    for file in subject.model.files if subject.model else ():
        if file.state == "truncated" and file.role == "data" and file.expected:
            size = file.size or 0
            fact = (
                f"{file.path} is cut short: {size:,} of {file.expected:,} "
                f"bytes ({100 * size / file.expected:.1f}%) are here"
            )
            yield FAULT.finding(
                fact, Evidence(f"{subject.source}: {file.path}", f"{size:,} bytes", f"{file.expected:,} bytes (index)")
            )
