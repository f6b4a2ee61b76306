"""Snappy's raw block format, decompressed.

What it is: the one-buffer form that sorted-string tables use.
What it is not: the framed stream format, or a compressor.
Specification: google/snappy, format_description.txt.
"""

from __future__ import annotations

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import SNAPPY_BYTES, SNAPPY_RATIO, shown
from loadstone.wire.protobuf import read_varint

LITERAL, COPY_1, COPY_2, COPY_4 = 0, 1, 2, 3
_COPY_BYTES = (0, 2, 3, 5)
"""Bytes of a copy, by kind: its tag and its offset."""

LITERAL_INLINE = 60
"""Tags 60 to 63 say that the literal's length follows in one to four bytes."""


def decompress(data: bytes) -> bytes:
    """Return the decompressed bytes; they are exactly as many as the block declares, or it is an error."""
    declared, at = read_varint(data, 0, min(len(data), 5))
    _check_declared(declared, len(data))
    out = bytearray()
    end = len(data)
    while at < end:
        tag = data[at]
        if tag & 3 == LITERAL:
            start, length = _literal(data, at)
            at = start + length
            out += data[start:at]
        else:
            length, offset, after = _copy(data, at)
            start = len(out) - offset
            if start < 0 or offset == 0:
                raise _bad_offset(at, offset, len(out))
            at = after
            if offset >= length:
                out += out[start : start + length]
            else:
                # The copy overlaps what it writes: the bytes from `start` on repeat.
                out += (out[start:] * (length // offset + 1))[:length]
        if len(out) > declared:
            raise _wrong_length(declared, f"more, at byte {at:,}")
    if len(out) != declared:
        raise _wrong_length(declared, shown(len(out)))
    return bytes(out)


def _bad_offset(at: int, offset: int, written: int) -> FormatError:
    return FormatError(
        "a snappy copy reaches before the start of the output",
        where=f"byte {at:,}",
        expected=f"an offset of 1 to {written:,}",
        found=f"{offset:,}",
    )


def _check_declared(declared: int, packed: int) -> None:
    if declared > SNAPPY_BYTES:
        raise LimitError(
            "a snappy block declares more bytes than are decompressed",
            where="byte 0",
            expected=f"at most {shown(SNAPPY_BYTES)}",
            found=shown(declared),
        )
    if declared > packed * SNAPPY_RATIO:
        raise LimitError(
            "a snappy block declares more bytes than snappy can pack so small",
            where="byte 0",
            expected=f"at most {SNAPPY_RATIO} times {shown(packed)}",
            found=shown(declared),
        )


def _wrong_length(declared: int, found: str) -> FormatError:
    return FormatError("a snappy block does not hold what it declares", expected=shown(declared), found=found)


def _literal(data: bytes, at: int) -> tuple[int, int]:
    """Return (start, length) of the literal whose tag is at `at`; it lies within `data`."""
    length = data[at] >> 2
    start = at + 1
    if length >= LITERAL_INLINE:
        width = length - LITERAL_INLINE + 1
        length = int.from_bytes(data[start : start + width], "little")
        start += width
    length += 1
    if length > len(data) - start:
        raise TruncatedError(
            "a snappy literal is longer than the block",
            where=f"byte {at:,}",
            expected=shown(length),
            found=f"{shown(max(0, len(data) - start))} left",
        )
    return start, length


def _copy(data: bytes, at: int) -> tuple[int, int, int]:
    """Return (length, offset, position after it) of the copy whose tag is at `at`."""
    tag = data[at]
    kind = tag & 3
    after = at + _COPY_BYTES[kind]
    if after > len(data):
        raise TruncatedError("the block ends inside a snappy copy", where=f"byte {at:,}")
    if kind == COPY_1:
        return ((tag >> 2) & 7) + 4, (tag >> 5) << 8 | data[at + 1], after
    if kind == COPY_2:
        return (tag >> 2) + 1, data[at + 1] | data[at + 2] << 8, after
    return (tag >> 2) + 1, int.from_bytes(data[at + 1 : after], "little"), after
