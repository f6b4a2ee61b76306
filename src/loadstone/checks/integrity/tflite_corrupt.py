"""A TFLite file is cut short or its offsets lead nowhere.

What is seen

    `Model provided has model identifier …, should be TFL3`, `The model is not a valid Flatbuffer buffer`, or a
    crash of the interpreter, which believes the offsets.

Why

    A download stopped, or bytes changed; the tables of a flatbuffer lie anywhere in it, so that a file that lost
    its end is not readable from its start.

Remedy

    Fetch the file again, and do not give it to an interpreter before.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.errors import FormatError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "tflite-corrupt",
    "error",
    help="fetch the file again",
)

TEXTS = (
    Saying(
        r"The model is not a valid Flatbuffer buffer"
        r"|Model provided has model identifier '(?P<id>[^']*)', should be 'TFL3'"
        r"|Could not open '(?P<path>[^']+\.tflite)'|Mmap of '[^']*' .* failed",
        "the bytes are no TFLite model: cut short, damaged, or another kind of file",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield where the flatbuffer breaks."""
    error, candidate = subject.error, subject.candidate
    if (
        candidate is not None
        and isinstance(error, FormatError)
        and not candidate.is_folder
        and candidate.head[4:8] == b"TFL3"
    ):
        fact = f"the TFLite model cannot be read: {error.fact}"
        yield FAULT.finding(fact, Evidence(error.where or subject.source, error.found, error.expected))
