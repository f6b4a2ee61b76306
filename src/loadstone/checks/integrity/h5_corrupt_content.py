"""An HDF5 file begins as one, is as long as it says, and is damaged inside.

What is seen

    `bad object header version number`, `wrong B-tree signature`, `bad symbol table node signature`, `bad local
    heap signature`, `incorrect metadata checksum`, `inflate() failed`, and others that name a structure.

Why

    The program that wrote it was killed between two writes, two programs wrote at once, or bytes changed on a
    disk or in a text-mode transfer.

Remedy

    Fetch or save the file again. What can still be read is listed by `loadstone inspect FILE --save-weights
    OUT.safetensors`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.errors import FormatError, LimitError
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.hdf5.superblock import find_signature, parse_superblock
from loadstone.wire.protobuf import Buffer

FAULT = Fault(
    "h5-corrupt-content",
    "error",
    help="fetch or save the file again; what is left: loadstone inspect FILE --save-weights OUT.safetensors",
)

TEXTS = (
    Saying(
        r"(?P<what>bad object header version number|wrong B-tree signature|bad symbol table node signature"
        r"|bad local heap signature"
        r"|bad global heap collection signature|bad heap free list|wrong fractal heap [\w ]+ signature"
        r"|incorrect metadata checksum[\w ]*"
        r"|bad superblock version number|wrong v2 B-tree [\w ]+ signature|unable to load object header"
        r"|addr overflow[^)\n]*"
        r"|can't deserialize|bad version number for [\w ]+|unable to decode [\w ]*header|inflate\(\) failed"
        r"|filter returned failure during read)",
        "the HDF5 file is damaged inside: {what}",
        unless=(r"truncated file", r"len not positive after adjustment"),
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the first structure that does not hold, in a file that is not merely cut short."""
    if subject.candidate is None or subject.candidate.is_folder or find_signature(subject.candidate.head) is None:
        return
    data = subject.candidate.tree.view(subject.candidate.name)
    if (
        subject.error is not None
        and isinstance(subject.error, FormatError)
        and not isinstance(subject.error, LimitError)
    ):
        if not _is_cut(data):
            yield FAULT.finding(
                f"the file is damaged inside: {subject.error.fact}",
                Evidence(subject.error.where, subject.error.found, subject.error.expected),
            )
        return
    if subject.model is None or _is_cut(data):
        return
    damaged = [note for note in subject.model.notes if note.startswith("cannot be read: ")]
    if damaged:
        fact = f"the file is damaged inside: {len(damaged):,} of its structures cannot be read"
        yield FAULT.finding(
            fact, *(Evidence(subject.source, note.removeprefix("cannot be read: ")) for note in damaged)
        )


def _is_cut(data: Buffer) -> bool:
    try:
        return parse_superblock(data).end > len(data)
    except FormatError:
        return False
