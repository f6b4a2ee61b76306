"""Object headers: the list of messages that says what an object is.

A `Header` holds each message's type and bytes, in order, with the continuation blocks already followed.
Specification: HDF5 File Format Specification 3.0, section IV.A (versions 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_MESSAGES

DATASPACE, LINK_INFO, DATATYPE, FILL_OLD, FILL, LINK, EXTERNAL, LAYOUT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08
GROUP_INFO, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0A, 0x0B, 0x0C, 0x10, 0x11, 0x15
_SHARED = 0x02
_VERSION_2 = b"OHDR"


class Body(NamedTuple):
    """One message: its type, where its bytes lie in the file, the bytes, and whether they only point elsewhere."""

    kind: int
    origin: int
    chunk: bytes
    shared: bool


class Header:
    """An object's messages."""

    __slots__ = ("address", "bodies", "source")

    def __init__(self, source: Source, address: int) -> None:
        self.source = source
        self.address = address
        self.bodies = read_bodies(source, address)

    def __contains__(self, kind: int) -> bool:
        return any(body.kind == kind for body in self.bodies)

    def first(self, kind: int, what: str) -> Cursor | None:
        """Return the first message of a kind, or None; one that is shared is followed to its owner."""
        return next(self.all(kind, what), None)

    def all(self, kind: int, what: str) -> Iterator[Cursor]:
        """Yield every message of a kind."""
        for body in self.bodies:
            if body.kind == kind:
                cursor = self.source.over(body.chunk, what, body.origin)
                yield follow_shared(self.source, cursor, kind) if body.shared else cursor


def follow_shared(source: Source, cursor: Cursor, kind: int) -> Cursor:
    """Return the message that a shared one stands for: it lies in another object's header (a committed datatype)."""
    version = cursor.version(1, 2, 3)
    way = cursor.uint(1)
    if version == 3 and way == 1:
        raise FormatError(
            "a message lies in the file's table of shared messages, which is not read",
            where=cursor.where,
            help="write the file again with h5repack",
        )
    if version == 1:
        cursor.take(6)
    address = cursor.address("shared message")
    # A message that is shared again would make a chain; the format has none.
    for body in read_bodies(source, address):
        if body.kind == kind and not body.shared:
            return source.over(body.chunk, cursor.what, body.origin)
    raise FormatError(f"no {cursor.what} where a shared one should be", where=f"byte {source.base + address:,}")


def read_bodies(source: Source, address: int) -> tuple[Body, ...]:
    """Read the messages of the object header at `address`, continuation blocks included."""
    if source.take(address, 4, "object header") == _VERSION_2:
        first, layout = _open_new(source, address)
    else:
        first, layout = _open_old(source, address), None
    bodies: list[Body] = []
    waiting = [first]
    seen: set[int] = set()
    while waiting:
        block = waiting.pop()
        if block.origin in seen:
            raise FormatError("an object header continues in itself", where=f"byte {block.origin:,}")
        seen.add(block.origin)
        for body in _old_bodies(block) if layout is None else _new_bodies(block, layout):
            if body.kind == CONTINUATION:
                waiting.append(_continuation(source, body, layout))
            elif body.kind:
                bodies.append(body)
        if len(bodies) > HDF5_MESSAGES:
            raise LimitError(
                "an object header holds more messages than are read",
                where=f"byte {source.base + address:,}",
                expected=f"at most {HDF5_MESSAGES:,}",
                found=f"{len(bodies):,} and more",
            )
    return tuple(bodies)


def _open_old(source: Source, address: int) -> Cursor:
    prefix = source.cursor(address, 16, "object header")
    prefix.version(1)
    prefix.take(7)
    size = prefix.uint(4)
    return source.cursor(address + 16, size, "object header")


def _open_new(source: Source, address: int) -> tuple[Cursor, int]:
    """Return the first chunk's messages, and the bytes of a message header (4, or 6 with the creation order)."""
    prefix = source.cursor(address, min(36, source.size - address), "object header")
    prefix.signature(_VERSION_2)
    prefix.version(2)
    flags = prefix.uint(1)
    prefix.take((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    size = prefix.uint(1 << (flags & 3))
    start = prefix.at
    block = source.checked(address, start + size + 4, "object header")
    block.take(start)
    return block, 6 if flags & 4 else 4


def _continuation(source: Source, body: Body, layout: int | None) -> Cursor:
    pointer = source.over(body.chunk, "continuation message", body.origin)
    address, length = pointer.address("continuation block"), pointer.length()
    if layout is None:
        return source.cursor(address, length, "continuation block")
    block = source.checked(address, length, "continuation block")
    block.signature(b"OCHK")
    return block


def _old_bodies(block: Cursor) -> Iterator[Body]:
    while block.left >= 8:
        head = block.take(8)
        kind, size, flags = head[0] | head[1] << 8, head[2] | head[3] << 8, head[4]
        origin = block.origin + block.at
        yield Body(kind, origin, block.take(size), bool(flags & _SHARED))


def _new_bodies(block: Cursor, head_length: int) -> Iterator[Body]:
    while block.left >= head_length:
        head = block.take(head_length)
        origin = block.origin + block.at
        yield Body(head[0], origin, block.take(head[1] | head[2] << 8), bool(head[3] & _SHARED))
