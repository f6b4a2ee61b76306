"""The sorted-string table of LevelDB, as TensorFlow writes it: key → value, sorted, in checksummed blocks.

What it is: lookup by key and iteration in order, one block in memory at a time, every block's checksum verified.
What it is not: a reader of LevelDB databases (no filters, no comparators, no metaindex content).
Specification: LevelDB's doc/table_format.md; a value here may be as long as its block.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire.crc32c import crc32c, masked
from loadstone.wire.limits import TABLE_KEY_BYTES, TABLE_KEY_RATIO, shown
from loadstone.wire.protobuf import Buffer, read_varint
from loadstone.wire.snappy import decompress

MAGIC = bytes.fromhex("57fb808b247547db")
"""0xdb4775248b80fb57, little-endian, at the very end of every table."""

FOOTER_BYTES = 48
TRAILER_BYTES = 5
"""After each block: one byte of compression type, then the masked CRC-32C of block and type."""

COPIED_BYTES = 1024 * 1024
"""A block up to this size is copied out of the map, because slices of `bytes` are quicker to parse."""

UNCOMPRESSED, SNAPPY = 0, 1


class Handle(NamedTuple):
    """Where a block lies in the file; its trailer follows."""

    offset: int
    size: int


def has_magic(data: Buffer) -> bool:
    """Return whether the last eight bytes are a table's."""
    return len(data) >= FOOTER_BYTES and bytes(data[len(data) - 8 : len(data)]) == MAGIC


class Table:
    """A table over a buffer. Opening it reads the footer and the index block, nothing else."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        index = _index_handle(data)
        self._looked_at: tuple[Handle, dict[bytes, bytes | memoryview]] | None = None
        self._last_keys: list[bytes] = []
        self._handles: list[Handle] = []
        floor = 0
        for key, value in self._entries(index, "index block"):
            handle, _ = _read_handle(bytes(value[:20]), 0)
            floor = self._check_handle(handle, floor)
            self._last_keys.append(key)
            self._handles.append(handle)

    @property
    def blocks(self) -> int:
        """Number of data blocks."""
        return len(self._handles)

    def __iter__(self) -> Iterator[tuple[bytes, bytes | memoryview]]:
        """Yield (key, value) in the file's order; a value from a block of more than 1 MiB is a view of the file."""
        for handle in self._handles:
            yield from self._entries(handle)

    def first(self) -> tuple[bytes, bytes | memoryview] | None:
        """Return the first entry, or None of an empty table."""
        return next(iter(self), None)

    def get(self, key: bytes) -> bytes | memoryview | None:
        """Return one key's value, or None. Reads the one block that may hold it, and keeps it for the next key."""
        at = bisect_left(self._last_keys, key)
        if at == len(self._handles):
            return None
        handle = self._handles[at]
        if self._looked_at is None or self._looked_at[0] != handle:
            self._looked_at = handle, dict(self._entries(handle))
        return self._looked_at[1].get(key)

    def _check_handle(self, handle: Handle, floor: int) -> int:
        """Return the end of a block that lies after `floor`: blocks in order can not make one file into many."""
        end = handle.offset + handle.size + TRAILER_BYTES
        if handle.offset < floor or end > len(self._data) - FOOTER_BYTES:
            raise FormatError(
                "a table's block lies outside the file, or over another block",
                where=f"block at byte {handle.offset:,}",
                expected=f"within byte {floor:,} to {len(self._data) - FOOTER_BYTES:,}",
                found=f"ends at byte {end:,}",
            )
        return end

    def _block(self, handle: Handle) -> bytes | memoryview:
        """Return a block's content, verified against its checksum and decompressed."""
        start, end = handle.offset, handle.offset + handle.size
        trailer = bytes(self._data[end : end + TRAILER_BYTES])
        if len(trailer) < TRAILER_BYTES:
            raise TruncatedError("the file ends inside a table's block", where=f"block at byte {start:,}")
        content = self._content(handle, trailer)
        if trailer[0] == UNCOMPRESSED:
            return content
        if trailer[0] != SNAPPY:
            raise FormatError(
                f"a table's block has compression type {trailer[0]}",
                where=f"byte {end:,}",
                expected="0 (none) or 1 (snappy)",
            )
        try:
            return decompress(bytes(content))
        except FormatError as error:
            raise error.at(f"snappy block at byte {start:,}") from None

    def _content(self, handle: Handle, trailer: bytes) -> bytes | memoryview:
        start, end = handle.offset, handle.offset + handle.size
        view = memoryview(self._data)[start:end]
        content = bytes(view) if handle.size <= COPIED_BYTES else view
        computed = masked(crc32c(trailer[:1], value=crc32c(content)))
        stored = int.from_bytes(trailer[1:], "little")
        if computed != stored:
            raise ChecksumError(
                "a table's block does not match its checksum",
                where=f"block of {shown(handle.size)} at byte {start:,}",
                expected=f"{stored:#010x}",
                found=f"{computed:#010x}",
            )
        return content

    def _entries(self, handle: Handle, where: str = "") -> Iterator[tuple[bytes, bytes | memoryview]]:
        """Yield a block's entries. Its keys may outgrow its bytes on disk only as far as shared prefixes go."""
        where = where or f"block at byte {handle.offset:,}"
        budget = handle.size * TABLE_KEY_RATIO + TABLE_KEY_BYTES
        block = self._block(handle)
        end = _entries_end(block, where)
        at = 0
        key = b""
        spent = 0
        while at < end:
            try:
                shared, rest, length, start = _entry_head(block, at, end)
            except FormatError as error:
                raise error.at(where) from None
            stop = start + rest + length
            if shared > len(key) or stop > end:
                raise _bad_entry(where, at, shared=shared, key=len(key), stop=stop, end=end)
            if shared + rest > TABLE_KEY_BYTES:
                raise _long_key(where, at, shared + rest)
            key = key[:shared] + bytes(block[start : start + rest])
            spent += len(key)
            if spent > budget:
                raise LimitError(
                    "the keys of a table's block are longer than its bytes allow for",
                    where=where,
                    expected=f"at most {TABLE_KEY_RATIO} times {shown(handle.size)}",
                    found=f"more, after {at:,} bytes of the block",
                )
            yield key, block[start + rest : stop]
            at = stop


def _index_handle(data: Buffer) -> Handle:
    """Return the index block's handle from the footer; it lies within the file."""
    size = len(data)
    if size < FOOTER_BYTES:
        raise TruncatedError(
            "the file is too short for a sorted-string table",
            where="byte 0",
            expected=f"at least {shown(FOOTER_BYTES)}",
            found=shown(size),
        )
    footer = bytes(data[size - FOOTER_BYTES : size])
    if footer[40:] != MAGIC:
        raise FormatError(
            "the file does not end as a sorted-string table does: it is cut short, or something else",
            where=f"byte {size - 8:,}",
            expected=MAGIC.hex(" "),
            found=footer[40:].hex(" "),
        )
    _, at = _read_handle(footer, 0)
    index, _ = _read_handle(footer, at)
    if index.offset + index.size + TRAILER_BYTES > size - FOOTER_BYTES:
        raise TruncatedError(
            "a table's index block lies outside the file",
            where=f"byte {size - FOOTER_BYTES:,}",
            expected=f"an end at or before byte {size - FOOTER_BYTES:,}",
            found=f"{shown(index.size)} at byte {index.offset:,}",
        )
    return index


def _read_handle(data: bytes, at: int) -> tuple[Handle, int]:
    offset, at = read_varint(data, at, len(data))
    size, at = read_varint(data, at, len(data))
    return Handle(offset, size), at


def _entries_end(block: bytes | memoryview, where: str) -> int:
    """Return where the entries end: before the restart offsets and their count, a fixed32 each."""
    size = len(block)
    restarts = int.from_bytes(block[size - 4 :], "little") if size >= 4 else 0
    if size < 4 or restarts > (size - 4) // 4:
        raise FormatError(
            "a table's block has no room for its restart points",
            where=where,
            expected=f"at most {max(0, size - 4) // 4:,}",
            found=f"{restarts:,} in {shown(size)}",
        )
    return size - 4 - 4 * restarts


def _entry_head(block: bytes | memoryview, at: int, end: int) -> tuple[int, int, int, int]:
    """Return (shared key bytes, further key bytes, value bytes, offset after these three numbers)."""
    if at + 3 <= end:
        shared, rest, length = block[at], block[at + 1], block[at + 2]
        if shared | rest | length < 0x80:
            return shared, rest, length, at + 3
    shared, at = read_varint(block, at, end)
    rest, at = read_varint(block, at, end)
    length, at = read_varint(block, at, end)
    return shared, rest, length, at


def _bad_entry(where: str, at: int, *, shared: int, key: int, stop: int, end: int) -> FormatError:
    if shared > key:
        found = f"shares {shown(shared)} with a key of {shown(key)}"
    else:
        found = f"ends at byte {stop:,} of {end:,}"
    return FormatError("a table's entry does not fit its block", where=f"{where}, byte {at:,} in it", found=found)


def _long_key(where: str, at: int, length: int) -> LimitError:
    return LimitError(
        "a table's key is longer than any name",
        where=f"{where}, byte {at:,} in it",
        expected=f"at most {shown(TABLE_KEY_BYTES)}",
        found=shown(length),
    )
