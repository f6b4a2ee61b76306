"""Fractal heaps: where dense links and dense attributes keep their bytes.

A doubling table of direct blocks under indirect ones; an object is named by a heap ID that holds its offset and
length (managed), a key into a B-tree (huge), or the object itself (tiny). Heaps whose blocks pass through filters are
named and refused; no writer of models makes them.
Specification: HDF5 File Format Specification 3.0, section III.G.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.btree2 import records
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_TREE_LEVELS, shown

_MANAGED, _HUGE, _TINY = 0, 1, 2
_HUGE_INDIRECT = 1


@dataclass(frozen=True, slots=True)
class _Table:
    """The shape of the heap, as its header states it."""

    id_length: int
    checked_blocks: bool
    largest_managed: int
    huge_tree: int | None
    width: int
    start: int
    largest_direct: int
    offset_width: int
    """Bytes of an offset within the heap."""
    root: int | None
    root_rows: int

    @property
    def length_width(self) -> int:
        """Bytes of a managed object's length in a heap ID."""
        by_block = (self.largest_direct.bit_length() + 6) // 8
        return min(by_block, max(1, (self.largest_managed.bit_length() + 7) // 8))

    @property
    def direct_rows(self) -> int:
        """Rows of direct blocks before the first row of indirect ones."""
        return self.largest_direct.bit_length() - self.start.bit_length() + 2

    def block_size(self, row: int) -> int:
        """Bytes of one block in a row: the first two rows have the starting size, each later one doubles it."""
        return self.start << max(0, row - 1)


class FractalHeap:
    """Fetches objects by heap ID; blocks are checked once and kept."""

    __slots__ = ("_blocks", "_huge", "_table", "address", "source")

    def __init__(self, source: Source, address: int) -> None:
        self.source = source
        self.address = address
        self._table = _parse(source, address)
        self._blocks: dict[int, Cursor] = {}
        self._huge: dict[int, tuple[int, int]] | None = None

    def fetch(self, heap_id: bytes, what: str) -> Cursor:
        """Return the object that a heap ID names."""
        kind = heap_id[0] >> 4 & 3 if heap_id else -1
        if kind == _MANAGED:
            return self._managed(self.source.over(heap_id[1:], "heap ID"), what)
        if kind == _HUGE:
            return self._fetch_huge(self.source.over(heap_id[1:], "heap ID"), what)
        if kind == _TINY:
            return self._tiny(heap_id, what)
        raise FormatError("a heap ID of a type that is not known", where=self._where, found=f"type {kind}")

    @property
    def _where(self) -> str:
        return f"fractal heap at byte {self.source.base + self.address:,}"

    def _tiny(self, heap_id: bytes, what: str) -> Cursor:
        wide = self._table.id_length > 18
        length = (heap_id[0] & 15) << 8 | heap_id[1] if wide else heap_id[0] & 15
        start = 2 if wide else 1
        return self.source.over(heap_id[start : start + length + 1], what)

    def _fetch_huge(self, heap_id: Cursor, what: str) -> Cursor:
        if self._table.id_length - 1 >= self.source.offset_width + self.source.length_width:
            address, length = heap_id.address("huge object"), heap_id.length()
        else:
            key = heap_id.uint(min(self.source.length_width, heap_id.left))
            address, length = self._huge_index().get(key, (-1, 0))
            if address < 0:
                raise FormatError("a heap ID names a huge object that the heap does not have", where=self._where)
        return self.source.cursor(address, length, what)

    def _huge_index(self) -> dict[int, tuple[int, int]]:
        if self._huge is None:
            self._huge = {}
            if self._table.huge_tree is not None:
                for record in records(self.source, self._table.huge_tree, _HUGE_INDIRECT):
                    address, length = record.address("huge object"), record.length()
                    self._huge[record.length()] = (address, length)
        return self._huge

    def _managed(self, heap_id: Cursor, what: str) -> Cursor:
        table = self._table
        offset, length = heap_id.uint(table.offset_width), heap_id.uint(table.length_width)
        address, start, size = self._locate(offset)
        if offset - start + length > size:
            raise FormatError(
                f"a {what} passes the end of its heap block",
                where=self._where,
                expected=shown(size),
                found=shown(offset - start + length),
            )
        if table.checked_blocks:
            self._check(address, size)
        return self.source.cursor(address + offset - start, length, what)

    def _locate(self, offset: int) -> tuple[int, int, int]:
        """Return (address, heap offset, size) of the direct block that holds an offset of the heap."""
        table = self._table
        if table.root is None:
            raise FormatError("a heap ID points into an empty heap", where=self._where)
        if table.root_rows == 0:
            # A single direct block always has the starting size; a larger object makes an indirect root at once.
            return table.root, 0, table.start
        address, rows, start = table.root, table.root_rows, 0
        for _ in range(HDF5_TREE_LEVELS):
            row, column, block = self._entry(offset - start, rows)
            start += block
            child = self._child(address, row=row, column=column, rows=rows)
            if row < table.direct_rows:
                return child, start, table.block_size(row)
            # An indirect block spans what all its rows add up to.
            address, rows = child, self._rows_of(table.block_size(row))
        raise LimitError("indirect heap blocks nest deeper than any file needs", where=self._where)

    def _rows_of(self, size: int) -> int:
        return (size // (self._table.width * self._table.start)).bit_length()

    def _entry(self, offset: int, rows: int) -> tuple[int, int, int]:
        """Return (row, column, heap offset of that entry) for an offset within an indirect block."""
        table = self._table
        before = 0
        for row in range(rows):
            size = table.block_size(row)
            if offset < before + size * table.width:
                column = (offset - before) // size
                return row, column, before + column * size
            before += size * table.width
        raise FormatError("a heap ID points past the end of its heap", where=self._where)

    def _child(self, address: int, *, row: int, column: int, rows: int) -> int:
        source, table = self.source, self._table
        if address not in self._blocks:
            size = 5 + source.offset_width + table.offset_width + rows * table.width * source.offset_width + 4
            block = source.checked(address, size, "indirect heap block")
            block.signature(b"FHIB")
            block.version(0)
            self._blocks[address] = block
        block = self._blocks[address]
        block.at = 5 + source.offset_width + table.offset_width + (row * table.width + column) * source.offset_width
        return block.address("child")

    def _check(self, address: int, size: int) -> None:
        """Check a direct block once: its checksum is computed with the checksum's own field as zeros."""
        if address in self._blocks:
            return
        block = self.source.cursor(address, size, "direct heap block")
        block.signature(b"FHDB")
        at = 5 + self.source.offset_width + self._table.offset_width
        plain = block.chunk[:at] + b"\0\0\0\0" + block.chunk[at + 4 :] + block.chunk[at : at + 4]
        block.chunk = plain
        self._blocks[address] = self.source.verified(block)


def _parse(source: Source, address: int) -> _Table:
    size = 22 + 12 * source.length_width + 3 * source.offset_width + 4
    cursor = source.checked(address, size, "fractal heap header")
    cursor.signature(b"FRHP")
    cursor.version(0)
    id_length, filtered, flags, largest_managed = cursor.uint(2), cursor.uint(2), cursor.uint(1), cursor.uint(4)
    if filtered:
        raise FormatError("a fractal heap passes through filters, which is not read", where=cursor.where)
    cursor.length()
    huge_tree = cursor.offset()
    cursor.length()
    cursor.offset()
    cursor.take(8 * source.length_width)
    width, start, largest_direct = cursor.uint(2), cursor.length(), cursor.length()
    bits = cursor.uint(2)
    cursor.take(2)
    root, rows = cursor.offset(), cursor.uint(2)
    powers = all(number and not number & (number - 1) for number in (width, start, largest_direct))
    if not powers or start > largest_direct or rows > 64 or not 0 < bits <= 64:
        raise FormatError(
            "a fractal heap of impossible shape",
            where=cursor.where,
            expected="powers of two, at most 64 rows and 64 bits",
            found=f"width {width}, blocks of {start} to {largest_direct}, {rows} rows, {bits} bits",
        )
    return _Table(
        id_length=id_length,
        checked_blocks=bool(flags & 2),
        largest_managed=largest_managed,
        huge_tree=huge_tree,
        width=width,
        start=start,
        largest_direct=largest_direct,
        offset_width=(bits + 7) // 8,
        root=root,
        root_rows=rows,
    )
