"""An HDF5 file ends before its own superblock says that it does.

What is seen

    `truncated file: eof = A, sblock->base_addr = 0, stored_eof = B` (`stored_eoa` in HDF5 1.8), `len not positive
    after adjustment for EOA`, or a read that fails in the middle of the weights.

Why

    A download or a copy stopped, or the program that wrote the file was killed. The superblock records the whole
    length, so that the share that is here is known exactly.

Remedy

    Delete the file (also from `~/.keras/models`, which keeps what was interrupted) and fetch it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.hdf5.superblock import find_signature, parse_superblock

FAULT = Fault(
    "h5-truncated",
    "error",
    help="delete it and fetch it again; a cached copy too: loadstone cache, or rm ~/.keras/models/NAME",
)

TEXTS = (
    Saying(
        r"len not positive after adjustment for EOA|address of object past end of allocation",
        "the HDF5 file ends before a value that it announces",
    ),
    Saying(r"Unable to (?:synchronously )?open file \([Tt]runcated file\)", "the HDF5 file is cut short"),
    Saying(
        r"h5py[/\\]\S*, line \d+, in (?:make_fid|h5py\.h5f\.open)\s*\Z",
        "h5py could not open the file (the text ends before it says why): most often a download that stopped",
        certainty="possible",
    ),
)
_NUMBERS = re.compile(r"[Tt]runcated file: eof = (\d+), sblock->base_addr = (\d+), stored_eo[fa] = (\d+)")


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield how much of the file is there: HDF5 prints both lengths."""
    for found in _NUMBERS.finditer(text.text):
        size, base, end = map(int, found.groups())
        whole = base + end if base and end < size else end
        fact = f"the HDF5 file is cut short: {size:,} of {whole:,} bytes ({_share(size, whole)}) are there"
        line = text.line_of(found.start())
        yield FAULT.finding(fact, Evidence(f"line {line} of the text", f"{size:,} bytes", f"{whole:,} bytes"))


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield how much of the file is there, whether or not the rest could be read."""
    if subject.candidate is None or subject.candidate.is_folder or find_signature(subject.candidate.head) is None:
        return
    data = subject.candidate.tree.view(subject.candidate.name)
    block = parse_superblock(data)
    if block.end <= len(data):
        return
    short = (
        sum(_is_short(tensor.spec.nbytes, tensor.spec.elements) for tensor in subject.model.tensors.all)
        if subject.model
        else 0
    )
    fact = f"the file is cut short: {len(data):,} of {block.end:,} bytes ({_share(len(data), block.end)}) are here"
    lost = f"; {short:,} of {len(subject.model.tensors):,} tensors lack bytes" if short and subject.model else ""
    place = Evidence(subject.source, f"{len(data):,} bytes", f"{block.end:,} bytes (superblock)")
    yield FAULT.finding(fact + lost, place, help=f"rm {subject.in_shell}   and fetch it again")


def _is_short(nbytes: int, elements: int) -> bool:
    return bool(elements) and not nbytes


def _share(size: int, whole: int) -> str:
    return f"{100 * size / whole:.1f}%" if whole else "0%"
