"""An archive ends before its last member does.

What is seen

    `EOFError: Compressed file ended before the end-of-stream marker was reached`, `tarfile.ReadError: unexpected
    end of data`, `gzip: stdin: unexpected end of file`, `Unexpected EOF in archive`.

Why

    A download stopped, and the part that came was kept; helper scripts do not fetch again what is there under the
    name.

Remedy

    Delete the archive and fetch it again: `loadstone get` resumes and compares.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.errors import TruncatedError
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "archive-truncated",
    "error",
    help="delete it and fetch it again: loadstone get ADDRESS",
)

TEXTS = (
    Saying(
        r"Compressed file ended before the end-of-stream marker was reached|gzip: \S+: unexpected end of file"
        r"|tar: Unexpected EOF in archive"
        r"|ReadError: unexpected end of data|ReadError: truncated header"
        r"|ReadError\(\"unexpected end of data\"\)|(?:xz|bzip2|lzma)\S*: .*(?:[Uu]nexpected end"
        r"|Compressed file ended)"
        r"|Truncated (?:tar|gzip|zip|ZIP) (?:archive|input|file)|incomplete or truncated stream",
        "the archive ends before its last member does: its download stopped",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield where the archive stops, and which members it still lists."""
    model = subject.model
    if model is not None:
        for file in model.files:
            if file.role == "archive" and file.state == "truncated":
                yield _found(subject, model.notes[0] if model.notes else "", file.size or 0)
        return
    candidate = subject.candidate
    if candidate is None or not isinstance(subject.error, TruncatedError):
        return
    if candidate.head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        yield _found(subject, str(subject.error), candidate.size)


def _found(subject: Subject, told: str, size: int) -> Finding:
    fact = f"the archive {subject.path.name} is cut short after {size:,} bytes"
    return FAULT.finding(fact, Evidence(subject.source, told or f"{size:,} bytes", "the archive's end marker"))
