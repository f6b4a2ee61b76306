"""COCO's compressed run lengths: a text of six bits a letter → the runs' lengths, and back.

Each length is written in groups of five bits, the lowest first, with a sixth bit where another group follows; the
highest bit of the last group is the sign. From the fourth length on, the difference to the one but one before is
written. Specification: cocodataset.org, "Data format"; common/maskApi.h of the COCO API says how masks are stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loadstone.errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    Lengths = npt.NDArray[np.int64]

FIRST_LETTER, BITS, MORE, SIGN = 48, 5, 0x20, 0x10

MOST_GROUPS = 7
"""Groups of one length: 35 bits, more than any picture's number of pixels takes."""


def parse_run_lengths(data: bytes) -> Lengths:
    """Return the lengths, int64 (N,), as they are written. Raises `FormatError` for a text that is none."""
    groups = np.frombuffer(data, np.uint8).astype(np.int64) - FIRST_LETTER
    if ((groups < 0) | (groups > 0x3F)).any():
        letter = chr(int(groups[(groups < 0) | (groups > 0x3F)][0]) + FIRST_LETTER)
        raise FormatError("these are no run lengths", expected="letters from '0' to 'o'", found=repr(letter))
    if not len(groups):
        return groups
    ends = np.flatnonzero((groups & MORE) == 0)
    if not len(ends) or ends[-1] != len(groups) - 1:
        raise FormatError("the run lengths end within a number")
    begins = np.concatenate([[0], ends[:-1] + 1])
    sizes = ends - begins + 1
    if sizes.max() > MOST_GROUPS:
        raise FormatError(
            "a run length is too large", expected=f"at most {MOST_GROUPS} letters", found=str(sizes.max())
        )
    shifts = BITS * (np.arange(len(groups)) - np.repeat(begins, sizes))
    values = np.add.reduceat((groups & 0x1F) << shifts, begins)
    values -= np.where(groups[ends] & SIGN, 1 << (BITS * sizes), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def write_run_lengths(lengths: Lengths) -> str:
    """Return the text of lengths (N,)."""
    differences = lengths.astype(np.int64)
    differences[3:] = lengths[3:] - lengths[1:-2]
    return "".join(map(_letters, differences.tolist()))


def _letters(value: int) -> str:
    letters = []
    more = True
    while more:
        group = value & 0x1F
        value >>= BITS
        more = value != (-1 if group & SIGN else 0)
        letters.append(chr(group + (MORE if more else 0) + FIRST_LETTER))
    return "".join(letters)
