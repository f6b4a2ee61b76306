"""Data layout messages: where a dataset's bytes lie.

What it is: compact, contiguous and chunked storage of versions 1 to 4. What it is not: a follower of virtual datasets
(which map other files' data) or of external storage; both are named, and refused when their values are asked for.
Specification: HDF5 File Format Specification 3.0, section IV.A.2.i.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor
from loadstone.wire.limits import HDF5_RANK

LayoutKind = Literal["compact", "contiguous", "chunked", "virtual"]
IndexKind = Literal["btree1", "single", "implicit", "fixed-array", "extensible-array", "btree2"]

_KINDS: tuple[LayoutKind, ...] = ("compact", "contiguous", "chunked", "virtual")
_INDEXES: dict[int, IndexKind] = {
    1: "single", 2: "implicit", 3: "fixed-array", 4: "extensible-array", 5: "btree2",
}  # fmt: skip
_INDEX_PARAMETERS: dict[IndexKind, int] = {"fixed-array": 1, "extensible-array": 5, "btree2": 6}
"""Bytes of creation parameters, which the index repeats in its own header."""
_EDGES_UNFILTERED, _SINGLE_FILTERED = 1, 2


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the bytes lie. `address` is None where nothing was ever written.

    `size` is the contiguous length, or None where the message leaves it to the extent. `chunk` is the shape of a
    chunk in elements; `compact` holds the bytes of compact storage. A single filtered chunk's stored size and mask of
    skipped filters stand in the message itself.
    """

    kind: LayoutKind
    address: int | None = None
    size: int | None = None
    compact: bytes = b""
    chunk: tuple[int, ...] = ()
    index: IndexKind = "btree1"
    edges_unfiltered: bool = False
    single: tuple[int, int] | None = field(default=None)


def parse_layout(cursor: Cursor) -> Layout:
    """Parse a data layout message."""
    version = cursor.version(1, 2, 3, 4)
    if version < 3:
        return _old(cursor)
    kind = _kind(cursor)
    if kind == "compact":
        return Layout(kind, compact=cursor.take(cursor.uint(2)))
    if kind == "contiguous":
        return Layout(kind, cursor.offset(), cursor.length())
    if kind == "virtual":
        return Layout(kind)
    if version == 4:
        return _chunked_4(cursor)
    rank = _rank(cursor)
    address = cursor.offset()
    return Layout(kind, address, chunk=_chunk(cursor, rank, 4))


def _kind(cursor: Cursor) -> LayoutKind:
    number = cursor.uint(1)
    if number >= len(_KINDS):
        raise FormatError("a data layout of a class that is not known", where=cursor.where, found=f"class {number}")
    return _KINDS[number]


def _rank(cursor: Cursor) -> int:
    """Return the number of dimensions stored, which is one more than the dataset's: the element's size comes last."""
    rank = cursor.uint(1)
    if not 1 <= rank <= HDF5_RANK + 1:
        raise LimitError(
            "a data layout with an impossible number of axes",
            where=cursor.where,
            expected=f"1 to {HDF5_RANK + 1}",
            found=str(rank),
        )
    return rank


def _chunk(cursor: Cursor, rank: int, width: int) -> tuple[int, ...]:
    sides = tuple(cursor.uint(width) for _ in range(rank))[:-1]
    if not all(sides):
        raise FormatError("a chunk with a side of no length", where=cursor.where, found=str(sides))
    return sides


def _old(cursor: Cursor) -> Layout:
    """Parse versions 1 and 2, in which every class lists its dimensions."""
    rank = cursor.uint(1)
    kind = _kind(cursor)
    cursor.take(5)
    if kind == "virtual" or rank > HDF5_RANK + 1:
        raise FormatError("an impossible data layout", where=cursor.where, found=f"{kind}, {rank} axes")
    address = None if kind == "compact" else cursor.offset()
    if kind == "chunked" and rank:
        # The element's size follows in a field of its own, so every dimension here is the chunk's.
        return Layout(kind, address, chunk=_chunk(cursor, rank, 4))
    cursor.take(4 * rank)
    if kind == "compact":
        return Layout(kind, compact=cursor.take(cursor.uint(4)))
    return Layout(kind, address)


def _chunked_4(cursor: Cursor) -> Layout:
    flags = cursor.uint(1)
    rank = _rank(cursor)
    width = cursor.uint(1)
    if not 1 <= width <= 8:
        raise FormatError("chunk sides of an impossible width", where=cursor.where, found=f"{width} bytes")
    chunk = _chunk(cursor, rank, width)
    number = cursor.uint(1)
    if number not in _INDEXES:
        raise FormatError("a chunk index of a type that is not known", where=cursor.where, found=f"type {number}")
    index = _INDEXES[number]
    single = None
    if index == "single" and flags & _SINGLE_FILTERED:
        single = cursor.length(), cursor.uint(4)
    cursor.take(_INDEX_PARAMETERS.get(index, 0))
    return Layout(
        "chunked",
        cursor.offset(),
        chunk=chunk,
        index=index,
        edges_unfiltered=bool(flags & _EDGES_UNFILTERED),
        single=single,
    )
