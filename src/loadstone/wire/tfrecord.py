"""TFRecord: length-framed records, each with a checksum of its length and one of its bytes.

What it is: records from a buffer (without copying them) or from a stream (never more in memory than arrived).
What it is not: knowledge of what a record holds, or of compression; a compressed file is a stream to unpack first.
Specification: tensorflow/core/lib/io/record_writer.h: uint64 length, masked CRC-32C of it, the bytes, their masked
CRC-32C; all little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire.crc32c import crc32c, masked, masked_crc32c
from loadstone.wire.limits import MIB, RECORD_BYTES, shown
from loadstone.wire.protobuf import Buffer

HEADER_BYTES = 12
FOOTER_BYTES = 4

_HEADER = struct.Struct("<QI")
_PIECE = MIB


def starts_as_records(head: bytes) -> bool:
    """Return whether the bytes begin with a length and its right checksum; chance gives that once in four billion."""
    return len(head) >= HEADER_BYTES and _HEADER.unpack_from(head)[1] == masked(crc32c(head[:8]))


def record_spans(data: Buffer, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each record's bytes, hopping from header to header. Lengths are verified, bytes not."""
    at = start
    while at < len(data):
        length = _length(bytes(data[at : at + HEADER_BYTES]), at)
        first = at + HEADER_BYTES
        at = first + length + FOOTER_BYTES
        if at > len(data):
            raise _cut(first - HEADER_BYTES, length, len(data) - first)
        yield first, first + length


def verify_record(data: Buffer, start: int, end: int) -> None:
    """Raise `ChecksumError` unless the record's bytes match the checksum behind them."""
    _check(masked_crc32c(data, start, end), bytes(data[end : end + FOOTER_BYTES]), start - HEADER_BYTES)


def read_records(stream: BinaryIO) -> Iterator[bytes]:
    """Yield each record of a stream, verified. A declared length costs no memory before its bytes arrive."""
    at = 0
    while header := _read(stream, HEADER_BYTES):
        length = _length(header, at)
        content = _read(stream, length)
        footer = _read(stream, FOOTER_BYTES)
        if len(content) < length or len(footer) < FOOTER_BYTES:
            raise _cut(at, length, len(content) + len(footer))
        _check(masked(crc32c(content)), footer, at)
        yield content
        at += HEADER_BYTES + length + FOOTER_BYTES


def frame(content: bytes) -> bytes:
    """Return a record as it stands in a file, for writers."""
    length = len(content).to_bytes(8, "little")
    checksums = (masked(crc32c(part)).to_bytes(4, "little") for part in (length, content))
    return b"".join((length, next(checksums), content, next(checksums)))


def _length(header: bytes, at: int) -> int:
    """Return the length that a header states, once its checksum and the cap agree."""
    if len(header) < HEADER_BYTES:
        raise TruncatedError(
            "the file ends inside a record's header",
            where=f"byte {at:,}",
            expected=shown(HEADER_BYTES),
            found=f"{shown(len(header))} left",
        )
    length: int
    length, stored = _HEADER.unpack(header)
    computed = masked(crc32c(header[:8]))
    if stored != computed:
        raise ChecksumError(
            "a record's length does not match its checksum, so nothing after it can be found",
            where=f"byte {at:,}",
            expected=f"{stored:#010x}",
            found=f"{computed:#010x} for a length of {length:,}",
        )
    if length > RECORD_BYTES:
        raise LimitError(
            "a record is longer than any example",
            where=f"byte {at:,}",
            expected=shown(RECORD_BYTES),
            found=shown(length),
        )
    return length


def _check(computed: int, footer: bytes, at: int) -> None:
    stored = int.from_bytes(footer, "little")
    if computed != stored:
        raise ChecksumError(
            "a record does not match its checksum",
            where=f"record at byte {at:,}",
            expected=f"{stored:#010x}",
            found=f"{computed:#010x}",
        )


def _cut(at: int, length: int, left: int) -> FormatError:
    return TruncatedError(
        "the file ends inside a record",
        where=f"record at byte {at:,}",
        expected=f"{shown(length + FOOTER_BYTES)} after its header",
        found=f"{shown(left)} left",
    )


def _read(stream: BinaryIO, count: int) -> bytes:
    """Return up to `count` bytes, asked for in pieces, so that memory follows what arrives."""
    pieces: list[bytes] = []
    left = count
    while left > 0 and (piece := stream.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
