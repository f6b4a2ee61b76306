"""The bytes of an HDF5 file as its structures see them: addresses from a base, numbers of two declared widths.

What it is: bounds-checked access, and the budget that makes every walk end. A well-formed file needs each byte of
its metadata once; a hostile one lets many structures share the same bytes to multiply the work, so the bytes
looked at are counted and capped. What it is not: any structure's layout.
Specification: HDF5 File Format Specification 3.0, section I ("this document") for addresses and widths.
"""

from __future__ import annotations

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.hdf5.checksum import lookup3
from loadstone.wire.limits import HDF5_METADATA_FLOOR, HDF5_METADATA_RATIO, HDF5_VERIFIED_BYTES, shown
from loadstone.wire.protobuf import Buffer


class Cursor:
    """A window of bytes, read from its start; `origin` is the file offset of the first one."""

    __slots__ = ("at", "chunk", "length_width", "offset_width", "origin", "what")

    def __init__(self, chunk: bytes, *, origin: int, what: str, offset_width: int, length_width: int) -> None:
        self.chunk = chunk
        self.at = 0
        self.origin = origin
        self.what = what
        self.offset_width = offset_width
        self.length_width = length_width

    @property
    def where(self) -> str:
        """The place in the file, for messages."""
        return f"byte {self.origin + self.at:,}"

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.chunk) - self.at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        at = self.at
        end = at + count
        if end > len(self.chunk):
            raise TruncatedError(
                f"the {self.what} ends before its fields do",
                where=self.where,
                expected=shown(count),
                found=f"{shown(self.left)} left",
            )
        self.at = end
        return self.chunk[at:end]

    def uint(self, width: int) -> int:
        """Return the next `width` bytes as an unsigned little-endian number."""
        return int.from_bytes(self.take(width), "little")

    def offset(self) -> int | None:
        """Return an address relative to the base; None where it is the undefined address (all ones)."""
        raw = self.take(self.offset_width)
        value = int.from_bytes(raw, "little")
        return None if value == (1 << (8 * self.offset_width)) - 1 else value

    def address(self, of: str) -> int:
        """Return an address that must be defined; `of` names what lies there."""
        value = self.offset()
        if value is None:
            raise FormatError(f"the {self.what} gives no address for its {of}", where=self.where)
        return value

    def length(self) -> int:
        """Return a number of the width that the file uses for lengths."""
        return int.from_bytes(self.take(self.length_width), "little")

    def text(self, count: int) -> str:
        """Return `count` bytes as a name, without the NUL bytes that pad it."""
        return decoded(self.take(count))

    def line(self) -> str:
        """Return a NUL-terminated name, and step behind the NUL."""
        end = self.chunk.find(b"\0", self.at)
        if end < 0:
            raise TruncatedError(f"the {self.what} ends inside a name", where=self.where)
        name = self.chunk[self.at : end].decode("utf-8", "backslashreplace")
        self.at = end + 1
        return name

    def align(self, start: int, to: int = 8) -> None:
        """Step over the padding that brings the distance from `start` to a multiple of `to`."""
        self.take(-(self.at - start) % to)

    def part(self, count: int, what: str) -> Cursor:
        """Return the next `count` bytes as a window of their own."""
        origin = self.origin + self.at
        return Cursor(
            self.take(count),
            origin=origin,
            what=what,
            offset_width=self.offset_width,
            length_width=self.length_width,
        )

    def version(self, *allowed: int) -> int:
        """Return the next byte, a version number that must be one of `allowed`."""
        found = self.uint(1)
        if found not in allowed:
            raise FormatError(
                f"the {self.what} has a version that is not known",
                where=f"byte {self.origin + self.at - 1:,}",
                expected=" or ".join(map(str, allowed)),
                found=str(found),
            )
        return found

    def signature(self, expected: bytes) -> None:
        """Step over the four bytes that mark the structure."""
        found = self.take(4)
        if found != expected:
            raise FormatError(
                f"no {self.what} where one should be",
                where=f"byte {self.origin + self.at - 4:,}",
                expected=repr(expected)[1:],
                found=repr(found)[1:],
            )

    def verify(self) -> None:
        """Verify the checksum in the last four bytes, and take them off."""
        stored = int.from_bytes(self.chunk[-4:], "little")
        computed = lookup3(self.chunk[:-4])
        if len(self.chunk) < 4 or stored != computed:
            raise FormatError(
                f"the checksum of the {self.what} does not hold",
                where=f"byte {self.origin:,}",
                expected=f"{computed:#010x} (computed)",
                found=f"{stored:#010x} (stored)",
            )
        self.chunk = self.chunk[:-4]


class Source:
    """An HDF5 file's bytes, its base address and the widths of its numbers."""

    __slots__ = ("base", "budget", "data", "length_width", "looked_at", "offset_width", "size", "verified_bytes")

    def __init__(self, data: Buffer, base: int, *, offset_width: int = 8, length_width: int = 8) -> None:
        self.data = data
        self.base = base
        self.size = len(data) - base
        self.offset_width = offset_width
        self.length_width = length_width
        self.budget = HDF5_METADATA_FLOOR + HDF5_METADATA_RATIO * self.size
        self.looked_at = 0
        self.verified_bytes = 0

    def take(self, address: int, count: int, what: str) -> bytes:
        """Return `count` bytes at an address, charged to the budget."""
        self.require(address, count, what)
        self.charge(count, what)
        start = self.base + address
        return bytes(self.data[start : start + count])

    def require(self, address: int, count: int, what: str) -> None:
        """Raise `TruncatedError` unless `count` bytes lie at `address`."""
        if address + count > self.size:
            raise TruncatedError(
                f"the {what} lies past the end of the file",
                where=f"byte {self.base + address:,}",
                expected=shown(count),
                found=f"{shown(max(0, self.size - address))} left of {shown(len(self.data))}",
            )

    def charge(self, count: int, what: str) -> None:
        """Count bytes looked at; raise `LimitError` when the file makes that more than its size explains."""
        self.looked_at += count
        if self.looked_at > self.budget:
            raise LimitError(
                f"structures overlap: the same bytes are to be read again and again (now a {what})",
                where=f"{shown(len(self.data))} of file",
                expected=f"at most {shown(self.budget)} of structure",
                found=f"more than {shown(self.looked_at - count)}",
            )

    def cursor(self, address: int, count: int, what: str) -> Cursor:
        """Return a window of `count` bytes at an address."""
        return Cursor(
            self.take(address, count, what),
            origin=self.base + address,
            what=what,
            offset_width=self.offset_width,
            length_width=self.length_width,
        )

    def checked(self, address: int, count: int, what: str) -> Cursor:
        """Return a window of `count` bytes that end in a checksum, verified and without it."""
        return self.verified(self.cursor(address, count, what))

    def verified(self, cursor: Cursor) -> Cursor:
        """Verify a window's checksum and take it off; past the cap on such work it is taken off alone."""
        self.verified_bytes += len(cursor.chunk)
        if self.verified_bytes <= HDF5_VERIFIED_BYTES:
            cursor.verify()
        else:
            cursor.chunk = cursor.chunk[:-4]
        return cursor

    def over(self, chunk: bytes, what: str, origin: int = 0) -> Cursor:
        """Return a cursor over bytes that were taken out of a heap."""
        return Cursor(chunk, origin=origin, what=what, offset_width=self.offset_width, length_width=self.length_width)


def decoded(raw: bytes) -> str:
    """Return stored text as a string: up to the first NUL; bytes that are not UTF-8 are shown as escapes."""
    return raw.partition(b"\0")[0].decode("utf-8", "backslashreplace")
