"""The index of a checkpoint is not the table that it should be.

What is seen

    `not an sstable (bad magic number)` where the path is a right prefix; `Data loss: Unable to open table file`.

Why

    The `.index` file was cut short, unpacked badly, or saved as text; it is small, and without it no tensor has a
    name.

Remedy

    Fetch the `.index` file again, from the same save as the data.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-index-corrupt",
    "error",
    help="fetch the .index file again, from the same save as the data",
)

TEXTS = (
    Saying(
        r"not an sstable \(bad magic number\)",
        "a file that was opened as a checkpoint's table is none: its index is damaged, or the path names another file",
        certainty="possible",
        unless=(r"\.data-\d{5}-of-\d{5}\b.{0,20}:? *[Dd]ata", r"[/\\\\]checkpoint\b.{0,4}: *[Dd]ata"),
    ),
    Saying(
        r"block checksum mismatch|Corruption: (?:block checksum|corrupted)|bad block type|truncated block read"
        r"|file is too short to be an sstable",
        "a block of the checkpoint's table, its .index, is damaged or cut short",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield what is wrong with the index."""
    error, candidate = subject.error, subject.candidate
    if candidate is None or candidate.is_folder:
        return
    named = candidate.name.endswith(".index")
    if named and subject.format in _OTHER and subject.model is not None:
        fact = (
            f"{subject.path.name} is no index of a checkpoint: "
            f"{subject.model.notes[0] if subject.model.notes else 'of no known kind'}"
        )
        yield FAULT.finding(
            fact, Evidence(subject.source, f"begins {bytes(candidate.head[:8]).hex(' ')}", "a sorted-string table")
        )
    elif error is not None and (named or ".index" in error.where):
        fact = f"the index of the checkpoint cannot be read: {error.fact}"
        yield FAULT.finding(fact, Evidence(error.where or subject.source, error.found, error.expected))


_OTHER = frozenset(("unknown", "text", "json", "html", "empty"))
