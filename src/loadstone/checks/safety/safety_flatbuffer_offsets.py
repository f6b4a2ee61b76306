"""Offsets of a TFLite file lead outside of it.

What is seen

    A root, table or vector offset beyond the end of a file that is not cut.

Why

    TensorFlow's interpreter follows offsets without looking, and reads memory that is not the file's: it crashes,
    or worse.

Remedy

    Do not give it to an interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-flatbuffer-offsets",
    "error",
    help="do not give it to an interpreter",
    reference="CVE-2022-23558",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the offset."""
    error, candidate = subject.error, subject.candidate
    if candidate is None or candidate.is_folder or candidate.head[4:8] != b"TFL3" or not isinstance(error, FormatError):
        return
    if "offset" in error.fact and "outside" in error.fact:
        yield FAULT.finding(
            (f"an interpreter would read outside of the file: {error.fact}"),
            Evidence(error.where, error.found, error.expected),
        )
