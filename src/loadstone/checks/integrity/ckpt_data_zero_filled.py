"""Tensors of a checkpoint are zeros where the index knows other bytes.

What is seen

    `Checksum does not match: stored A vs. calculated on the restored bytes B`, where B is the CRC-32C of a
    number of zero bytes: 4004437628 for 1,024 of them, 1925235876 for 65,536.

Why

    The file was made at its full length before its bytes came, and they never did: a download or copy that
    stopped, a sparse copy, a full disk. Another TensorFlow, or other data, changes nothing.

Remedy

    Fetch or copy the `.data` file again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.sums import sums
from loadstone.facts.finding import Evidence, Finding
from loadstone.wire.crc32c import zeros_crc

FAULT = Fault(
    "ckpt-data-zero-filled",
    "error",
    help="fetch or copy the .data file again; its bytes never came",
)

_NUMBERS = re.compile(r"stored (\d+) vs\. calculated on the restored bytes (\d+)")
_LONGEST = 1 << 27


def from_text(text: ErrorText) -> Iterator[Finding]:
    """Yield a proof where the computed sum is that of zero bytes alone: of a power of two, or of the length printed."""
    for found in _NUMBERS.finditer(text.text):
        computed = int(found[2])
        count = _zeros(computed)
        if count:
            line = text.line_of(found.start())
            fact = f"{computed} is the checksum of {count:,} zero bytes: the tensor was never filled"
            yield FAULT.finding(
                fact, Evidence(f"line {line} of the text", f"the sum of {count:,} zeros", f"the sum {found[1]}")
            )


def _zeros(computed: int) -> int:
    """Return of how many zero bytes a sum is (TensorFlow prints it unmasked); 0 where it is of none that are tried.

    Tried are every multiple of 4 below 64 KiB, then the lengths that layers have.
    """
    for count in _lengths():
        if zeros_crc(count) == computed:
            return count
    return 0


def _lengths() -> Iterator[int]:
    yield from range(4, 1 << 16, 4)
    for odd in (1, 3, 5, 7, 9, 15, 21, 25, 27, 45, 49, 63, 75, 81, 91, 147, 255, 273):
        size = odd << 6
        while size <= _LONGEST:
            if size >= 1 << 16:
                yield size
            size <<= 1


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the tensors that are zeros and should not be."""
    zeros = [wrong for wrong in subject.view(sums).wrong if wrong.zeros]
    if zeros:
        total = sum(wrong.nbytes for wrong in zeros)
        fact = (
            f"{len(zeros):,} tensor{'s are' if len(zeros) > 1 else ' is'} "
            f"zeros, {total:,} bytes, where the index knows other values"
        )
        yield FAULT.finding(
            fact,
            *(
                Evidence(wrong.where, f"{wrong.computed}, the sum of {wrong.nbytes:,} zero bytes", wrong.stored)
                for wrong in zeros
            ),
        )
