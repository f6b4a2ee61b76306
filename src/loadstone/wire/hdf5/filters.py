"""The filter pipeline: what was done to each chunk before it was stored, and the way back.

Understood: gzip, shuffle and Fletcher-32, which every HDF5 library has. Others need code that a library of the
writer's choosing brings; they are named and refused.
Specification: HDF5 File Format Specification 3.0, section IV.A.2.l (versions 1 and 2).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from loadstone.errors import ChecksumError, FormatError
from loadstone.wire.hdf5.checksum import fletcher32
from loadstone.wire.hdf5.source import Cursor
from loadstone.wire.limits import shown

GZIP, SHUFFLE, FLETCHER32 = 1, 2, 3
_NAMES = {
    1: "gzip", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset",
    32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
}  # fmt: skip
_MOST_FILTERS = 32


@dataclass(frozen=True, slots=True)
class Filter:
    """One step of the pipeline; `values` are its parameters."""

    number: int
    values: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The filter's common name, or its registered number."""
        return _NAMES.get(self.number, f"filter {self.number}")

    @property
    def understood(self) -> bool:
        """Whether it can be undone here."""
        return self.number in (GZIP, SHUFFLE, FLETCHER32)


def parse_filters(cursor: Cursor) -> tuple[Filter, ...]:
    """Parse a filter pipeline message."""
    version = cursor.version(1, 2)
    count = cursor.uint(1)
    if count > _MOST_FILTERS:
        raise FormatError(
            "a pipeline of more filters than HDF5 knows",
            where=cursor.where,
            expected=f"at most {_MOST_FILTERS}",
            found=str(count),
        )
    if version == 1:
        cursor.take(6)
    return tuple(_filter(cursor, version) for _ in range(count))


def _filter(cursor: Cursor, version: int) -> Filter:
    number = cursor.uint(2)
    name_length = cursor.uint(2) if version == 1 or number >= 256 else 0
    cursor.take(2)
    count = cursor.uint(2)
    cursor.take(-(-name_length // 8) * 8 if version == 1 else name_length)
    values = tuple(cursor.uint(4) for _ in range(count))
    if version == 1 and count % 2:
        cursor.take(4)
    return Filter(number, values)


def undo_filters(raw: bytes, filters: tuple[Filter, ...], *, mask: int, size: int, where: str) -> bytes:
    """Return a chunk as it was before its filters, which must be `size` bytes; bits of `mask` mark skipped filters."""
    for place in range(len(filters) - 1, -1, -1):
        if not mask >> place & 1:
            raw = _undo(raw, filters[place], size=size, where=where)
    if len(raw) != size:
        raise FormatError(
            "a chunk is not as long as its shape says", where=where, expected=shown(size), found=shown(len(raw))
        )
    return raw


def _undo(raw: bytes, step: Filter, *, size: int, where: str) -> bytes:
    if step.number == GZIP:
        # A checksum of four bytes may still lie behind the values.
        return _inflate(raw, size + 4, where)
    if step.number == SHUFFLE:
        return _unshuffle(raw, step.values[0] if step.values else 1)
    if step.number == FLETCHER32:
        return _verified(raw, where)
    raise FormatError(
        f"a chunk passed through {step.name}, which is not undone here",
        where=where,
        expected="gzip, shuffle or fletcher32",
        help="write the file again without it: h5repack -f NONE",
    )


def _inflate(raw: bytes, limit: int, where: str) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(raw, limit)
    except zlib.error as error:
        raise FormatError("a chunk is not what gzip wrote", where=where, found=str(error)) from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise FormatError("a chunk unpacks to more bytes than its shape says, or is cut", where=where)
    return plain


def _unshuffle(raw: bytes, width: int) -> bytes:
    """Put the bytes of each value together again: shuffled, all first bytes come first, then all second ones."""
    count = len(raw) // width if width else 0
    if width < 2 or count < 2:
        return raw
    plain = bytearray(raw)
    for place in range(width):
        plain[place : count * width : width] = raw[place * count : (place + 1) * count]
    return bytes(plain)


def _verified(raw: bytes, where: str) -> bytes:
    """Return the chunk without its checksum; old writers swapped the bytes within each word of it."""
    stored = int.from_bytes(raw[-4:], "little")
    computed = fletcher32(raw[:-4])
    swapped = (computed & 0x00FF00FF) << 8 | computed >> 8 & 0x00FF00FF
    if len(raw) < 4 or stored not in (computed, swapped):
        raise ChecksumError(
            "the checksum of a chunk does not hold",
            where=where,
            expected=f"{computed:#010x} (computed)",
            found=f"{stored:#010x} (stored)",
        )
    return raw[:-4]
