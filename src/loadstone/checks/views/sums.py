"""The checksums that a file carries, compared with the bytes they cover, as far as a budget goes.

What it is: every tensor where the file is small, a spread of tensors where it is big; what was left is counted.
What it is not: a verdict; one wrong sum and all of them wrong are different faults.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.checks.subject import Subject
from loadstone.errors import ChecksumError, LoadstoneError
from loadstone.facts import LazyTensor
from loadstone.wire.limits import MIB

BUDGET = 32 * MIB
"""Bytes compared unasked. CRC-32C runs at gigabytes a second, so that this costs less than importing NumPy."""

ZEROS_CHECKED = 64 * MIB


@dataclass(frozen=True, slots=True)
class Wrong:
    """A tensor whose checksum does not hold. `zeros`: the bytes that lie there are all zero."""

    name: str
    nbytes: int
    stored: str
    computed: str
    where: str
    zeros: bool


@dataclass(frozen=True, slots=True)
class Sums:
    """`checked` tensors hold, `wrong` ones do not; `left` bytes in `left_tensors` were not looked at."""

    checked: int = 0
    wrong: tuple[Wrong, ...] = ()
    left: int = 0
    left_tensors: int = 0


def sums(subject: Subject) -> Sums:
    """Compare the subject's tensors with their checksums; all of them where the subject is examined deeply."""
    tensors = [tensor for tensor in (subject.model.tensors.all if subject.model else ()) if tensor.verify is not None]
    budget = None if subject.deep else BUDGET
    checked = used = left = left_tensors = 0
    wrong: list[Wrong] = []
    for tensor in _spread(tensors):
        if budget is not None and used and used + tensor.spec.nbytes > budget:
            left, left_tensors = left + tensor.spec.nbytes, left_tensors + 1
            continue
        used += tensor.spec.nbytes
        try:
            _verify(tensor)
        except ChecksumError as error:
            wrong.append(_wrong(tensor, error))
        except LoadstoneError:
            # Bytes that are missing are the missing file's fault, and told there.
            continue
        else:
            checked += 1
    if _lacks_data(subject):
        left = left_tensors = 0
    return Sums(checked, tuple(wrong), left, left_tensors)


def _lacks_data(subject: Subject) -> bool:
    """Return whether data files are not here at all: then nothing was left out that could have been compared."""
    files = subject.model.files if subject.model else ()
    return any(file.role == "data" and file.state in ("missing", "lfs-pointer") for file in files)


def _verify(tensor: LazyTensor) -> None:
    if tensor.verify is not None:
        tensor.verify()


def _spread(tensors: list[LazyTensor]) -> list[LazyTensor]:
    """Return the tensors so that any first part of them lies spread over the whole file: by halves of halves."""
    count = len(tensors)
    width = max(1, count - 1).bit_length()
    order = (int(format(number, f"0{width}b")[::-1], 2) for number in range(1 << width))
    return [tensors[number] for number in order if number < count]


def _wrong(tensor: LazyTensor, error: ChecksumError) -> Wrong:
    nbytes = tensor.spec.nbytes
    zeros = 0 < nbytes <= ZEROS_CHECKED and tensor.spec.dtype != "string" and error.found == zero_sum(nbytes)
    return Wrong(tensor.spec.name, nbytes, error.expected, error.found, error.where, zeros)


def zero_sum(nbytes: int) -> str:
    """Return the masked CRC-32C of that many zero bytes, as the errors print it."""
    from loadstone.wire.crc32c import masked_crc32c

    return f"{masked_crc32c(bytes(nbytes)):#010x}"


def is_mismatch(done: Sums) -> bool:
    """Return whether nearly all sums are wrong, and not because of zeros: the index is of another save."""
    wrong = sum(not one.zeros for one in done.wrong)
    return wrong >= _MANY and wrong * 10 >= (done.checked + len(done.wrong)) * 9


_MANY = 3
"""Of one or two tensors it cannot be told whether their bytes changed or their index did."""
