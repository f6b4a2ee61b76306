"""The global heap: collections that hold the bytes of strings and sequences of variable length.

Specification: HDF5 File Format Specification 3.0, section III.E.
"""

from __future__ import annotations

from loadstone.errors import FormatError
from loadstone.wire.hdf5.source import Cursor, Source

_Span = tuple[int, int]


class GlobalHeap:
    """Finds objects by their reference; a collection is indexed when first asked for."""

    __slots__ = ("_collections", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self._collections: dict[int, dict[int, _Span]] = {}

    def fetch(self, cursor: Cursor) -> bytes:
        """Return the object that the reference at the cursor points to: a collection's address and an index.

        An undefined or zero address stands for an empty value, as libraries write it.
        """
        where = cursor.where
        address, index = cursor.offset(), cursor.uint(4)
        if not address:
            return b""
        if address not in self._collections:
            self._collections[address] = _index(self.source, address)
        span = self._collections[address].get(index)
        if span is None:
            raise FormatError(
                f"the global heap at byte {self.source.base + address:,} has no object {index}", where=where
            )
        return self.source.take(span[0], span[1], "object of the global heap")


def _index(source: Source, address: int) -> dict[int, _Span]:
    """Return index → (address, length) of every object in a collection."""
    head = source.cursor(address, 8 + source.length_width, "global heap")
    head.signature(b"GCOL")
    head.version(1)
    head.take(3)
    size = head.length()
    source.require(address, size, "global heap")
    found: dict[int, _Span] = {}
    step = 8 + source.length_width
    at, end = address + step, address + size
    while at + step <= end:
        entry = source.cursor(at, step, "object of the global heap")
        index = entry.uint(2)
        entry.take(6)
        length = entry.length()
        if index == 0:
            # Object 0 is the free space, and always the last.
            break
        found[index] = (at + step, length)
        at += step + -(-length // 8) * 8
    return found
