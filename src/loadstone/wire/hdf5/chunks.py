"""Where the chunks of a dataset lie: one list, whichever of the six indexes holds it.

Specification: HDF5 File Format Specification 3.0, sections III.A (B-trees) and VII (the indexes of layout version 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5 import btree1, btree2
from loadstone.wire.hdf5.array_index import extensible_array, fixed_array
from loadstone.wire.hdf5.dataspace import Dataspace
from loadstone.wire.hdf5.layout import Layout
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_CHUNKS

_CHUNKS, _FILTERED_CHUNKS = 10, 11


class Chunk(NamedTuple):
    """One stored chunk: the index of its first element along each axis, its place, and which filters were skipped."""

    start: tuple[int, ...]
    address: int
    size: int
    mask: int


class Grid:
    """A dataset's extent cut into chunks. `nbytes` is the length of one unfiltered chunk."""

    __slots__ = ("_counts", "_order", "chunk", "filtered", "nbytes", "shape")

    def __init__(self, space: Dataspace, chunk: tuple[int, ...], *, width: int, filtered: bool) -> None:
        self.shape = space.shape or ()
        if len(self.shape) != len(chunk):
            raise FormatError(
                "chunks with another number of axes than their dataset",
                expected=f"{len(self.shape)}",
                found=f"{len(chunk)}",
            )
        self.chunk = chunk
        self.nbytes = math.prod(chunk) * width
        self.filtered = filtered
        # The array indexes count chunks over the extent that the file allows, and let an axis without end vary slowest.
        limits = space.maximum or self.shape
        self._counts = [1 if limit is None else -(-limit // side) for limit, side in zip(limits, chunk, strict=True)]
        self._order = sorted(range(len(chunk)), key=lambda axis: (limits[axis] is not None, axis))

    @property
    def count(self) -> int:
        """How many chunks cover an extent without an endless axis."""
        return math.prod(self._counts)

    def start(self, index: int) -> tuple[int, ...]:
        """Return where the `index`-th chunk of an array index starts."""
        place = [0] * len(self._counts)
        for axis in reversed(self._order[1:]):
            index, place[axis] = divmod(index, self._counts[axis] or 1)
        if self._order:
            place[self._order[0]] = index
        return tuple(at * side for at, side in zip(place, self.chunk, strict=True))


def list_chunks(source: Source, layout: Layout, grid: Grid) -> list[Chunk]:
    """Return every stored chunk that lies within the extent."""
    if layout.address is None:
        return []
    found: list[Chunk] = []
    for chunk in _indexed(source, layout, grid):
        if all(at < side for at, side in zip(chunk.start, grid.shape, strict=True)):
            source.require(chunk.address, chunk.size, "chunk")
            found.append(chunk)
        if len(found) > HDF5_CHUNKS:
            raise LimitError("a dataset of more chunks than are read", expected=f"at most {HDF5_CHUNKS:,}")
    return found


def _indexed(source: Source, layout: Layout, grid: Grid) -> Iterator[Chunk]:
    address = layout.address or 0
    if layout.index == "btree1":
        return _from_btree1(source, address, grid)
    if layout.index == "btree2":
        return _from_btree2(source, address, grid)
    if layout.index == "single":
        size, mask = layout.single or (grid.nbytes, 0)
        return iter((Chunk(tuple(0 for _ in grid.chunk), address, size, mask),))
    if layout.index == "implicit":
        return _implicit(address, grid)
    array = fixed_array if layout.index == "fixed-array" else extensible_array
    return (_element(element, number, grid) for number, element in array(source, address) if _written(element))


def _from_btree1(source: Source, address: int, grid: Grid) -> Iterator[Chunk]:
    rank = len(grid.chunk)
    for key, child in btree1.leaves(source, address, kind=btree1.CHUNK_NODE, key_size=8 + 8 * (rank + 1)):
        fields = [int.from_bytes(key[at : at + 8], "little") for at in range(8, 8 + 8 * rank, 8)]
        size, mask = int.from_bytes(key[:4], "little"), int.from_bytes(key[4:8], "little")
        yield Chunk(_aligned(tuple(fields), grid), child, size, mask)


def _aligned(start: tuple[int, ...], grid: Grid) -> tuple[int, ...]:
    if any(at % side for at, side in zip(start, grid.chunk, strict=True)):
        raise FormatError("a chunk does not start on the grid", expected=f"multiples of {grid.chunk}", found=str(start))
    return start


def _from_btree2(source: Source, address: int, grid: Grid) -> Iterator[Chunk]:
    for record in btree2.records(source, address, _FILTERED_CHUNKS if grid.filtered else _CHUNKS):
        place, size, mask = record.address("chunk"), grid.nbytes, 0
        if grid.filtered:
            size, mask = record.uint(max(0, record.left - 4 - 8 * len(grid.chunk))), record.uint(4)
        yield Chunk(tuple(record.uint(8) * side for side in grid.chunk), place, size, mask)


def _implicit(address: int, grid: Grid) -> Iterator[Chunk]:
    for number in range(min(grid.count, HDF5_CHUNKS + 1)):
        yield Chunk(grid.start(number), address + number * grid.nbytes, grid.nbytes, 0)


def _written(element: Cursor) -> bool:
    return element.chunk[: element.offset_width] != b"\xff" * element.offset_width


def _element(element: Cursor, number: int, grid: Grid) -> Chunk:
    place, size, mask = element.address("chunk"), grid.nbytes, 0
    if grid.filtered:
        size, mask = element.uint(max(0, element.left - 4)), element.uint(4)
    return Chunk(grid.start(number), place, size, mask)
