"""The superblock: where the file begins, how wide its numbers are, where its root is and where it should end.

Specification: HDF5 File Format Specification 3.0, section II.A (versions 0 to 3).
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.errors import FormatError, TruncatedError
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_USER_BLOCK, shown
from loadstone.wire.protobuf import Buffer

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_WIDTHS = (2, 4, 8)
_LONGEST = 128
"""More than any version's superblock occupies (version 1 with numbers of 8 bytes: 100)."""


@dataclass(frozen=True, slots=True)
class Superblock:
    """What the superblock states. `root` is the address of the root group's object header.

    `end` is the length in bytes that the file should have; `base` is the length of the user block before it.
    """

    version: int
    base: int
    end: int
    root: int
    offset_width: int
    length_width: int


def find_signature(data: Buffer) -> int | None:
    """Return where the signature lies: at 0, or at 512 and its doublings behind a user block; None without one."""
    at = 0
    while at + len(SIGNATURE) <= len(data) and at <= HDF5_USER_BLOCK:
        if data[at : at + len(SIGNATURE)] == SIGNATURE:
            return at
        at = at * 2 or 512
    return None


def parse_superblock(data: Buffer) -> Superblock:
    """Parse the superblock of the file."""
    base = find_signature(data)
    if base is None:
        raise FormatError("no HDF5 signature", where="byte 0", expected=repr(SIGNATURE)[1:], found=_beginning(data))
    whole = Source(data, base)
    cursor = whole.cursor(0, min(_LONGEST, whole.size), "superblock")
    cursor.take(len(SIGNATURE))
    version = cursor.version(0, 1, 2, 3)
    return _old(cursor, version, base) if version < 2 else _new(cursor, version, base)


def _beginning(data: Buffer) -> str:
    return repr(bytes(data[:8]))[1:] if len(data) else "an empty file"


def _widths(cursor: Cursor) -> None:
    offset_width, length_width = cursor.uint(1), cursor.uint(1)
    if offset_width not in _WIDTHS or length_width not in _WIDTHS:
        raise FormatError(
            "numbers of an impossible width",
            where=cursor.where,
            expected="2, 4 or 8 bytes",
            found=f"{offset_width} for offsets, {length_width} for lengths",
        )
    cursor.offset_width, cursor.length_width = offset_width, length_width


def _old(cursor: Cursor, version: int, base: int) -> Superblock:
    """Parse versions 0 and 1; the root group stands in a symbol table entry at the end."""
    cursor.take(4)
    _widths(cursor)
    cursor.take(1 + 2 + 2 + 4 + (4 if version == 1 else 0))
    stated_base = cursor.address("base")
    cursor.offset()
    end = cursor.address("end of file")
    cursor.offset()
    cursor.offset()
    root = cursor.address("root group")
    return Superblock(version, base, end - stated_base + base, root, cursor.offset_width, cursor.length_width)


def _new(cursor: Cursor, version: int, base: int) -> Superblock:
    """Parse versions 2 and 3, which end in a checksum."""
    _widths(cursor)
    length = 12 + 4 * cursor.offset_width + 4
    if len(cursor.chunk) < length:
        raise TruncatedError("the superblock ends before its fields do", where=cursor.where, expected=shown(length))
    cursor.chunk = cursor.chunk[:length]
    cursor.verify()
    cursor.take(1)
    stated_base = cursor.address("base")
    cursor.offset()
    end = cursor.address("end of file")
    root = cursor.address("root group")
    return Superblock(version, base, end - stated_base + base, root, cursor.offset_width, cursor.length_width)
