"""One file of a checkpoint is named where its prefix is expected.

What is seen

    `Unable to open table file X.data-00000-of-00001: Data loss: not an sstable (bad magic number)`; the same with
    `.meta` or `.index`.

Why

    A checkpoint is a set of files, and is named by what their names have in common: `model.ckpt-5000` for
    `model.ckpt-5000.index` and `model.ckpt-5000.data-00000-of-00001`.

Remedy

    Give the prefix, without the ending.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.checkpoint.shards import DATA_NAME

FAULT = Fault(
    "ckpt-path-is-shard-file",
    "warning",
    help="give the prefix, without .data-00000-of-00001, .index or .meta",
)

TEXTS = (
    Saying(
        r"(?:Unable to open table file|Could not open) (?P<prefix>[^\n]*?)(?P<ending>\.data-\d{5}-of-\d{5}"
        r"|\.meta|\.index): ?\s*(?:Data loss|DATA_LOSS)",
        "{prefix}{ending} is one file of the checkpoint; its prefix is expected",
        help="give the prefix: {prefix}",
    ),
    Saying(
        r"(?:Failed to find any matching files for|not a valid checkpoint:?"
        r"|Failed to get matching files on) (?P<prefix>[^\s:]*?)(?P<ending>\.data-\d{5}-of-\d{5}|\.meta|\.index)\b",
        "{prefix}{ending} is one file of the checkpoint; its prefix is expected",
        help="give the prefix: {prefix}",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the prefix of a data file that was named."""
    candidate = subject.candidate
    found = DATA_NAME.fullmatch(subject.path.name)
    if candidate is None or found is None or not subject.top or subject.container or not subject.path.is_file():
        return
    prefix = subject.source[: len(subject.source) - len(subject.path.name)] + found["prefix"]
    index = candidate.tree.size(candidate.beside(f"{found['prefix']}.index")) is not None
    fact = f"{subject.path.name} is one file of a checkpoint; loaders want the prefix {prefix}"
    expected = prefix if index else f"{prefix}, with {found['prefix']}.index beside it, which is not here"
    yield FAULT.finding(fact, Evidence(subject.source, "a data file", expected), help=f"give the prefix: {prefix}")
