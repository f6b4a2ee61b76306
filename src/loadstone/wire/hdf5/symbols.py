"""Old-style groups: a B-tree of symbol nodes, with the names in a local heap.

Specification: HDF5 File Format Specification 3.0, sections III.B (symbol node), III.C (entry) and III.D (local heap).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import FormatError
from loadstone.wire.hdf5.btree1 import GROUP_NODE, leaves
from loadstone.wire.hdf5.links import Link
from loadstone.wire.hdf5.source import Cursor, Source, decoded
from loadstone.wire.limits import NAME_BYTES

_CACHED_SOFT_LINK = 2


def symbol_links(source: Source, message: Cursor) -> Iterator[Link]:
    """Yield the links of the group whose symbol table message this is, in the order of their names."""
    tree, heap_address = message.address("B-tree"), message.address("local heap")
    heap = _local_heap(source, heap_address)
    for _, address in leaves(source, tree, kind=GROUP_NODE, key_size=source.length_width):
        head = source.cursor(address, 8, "symbol node")
        head.signature(b"SNOD")
        head.version(1)
        head.take(1)
        count = head.uint(2)
        entries = source.cursor(address + 8, count * (2 * source.offset_width + 24), "symbol node")
        for _ in range(count):
            yield _entry(entries, heap)


def _entry(cursor: Cursor, heap: Cursor) -> Link:
    name = _heap_text(heap, cursor.address("name"))
    where = cursor.where
    address = cursor.offset()
    cached = cursor.uint(4)
    cursor.take(4)
    scratch = cursor.take(16)
    if cached == _CACHED_SOFT_LINK:
        return Link(name, "soft", target=_heap_text(heap, int.from_bytes(scratch[:4], "little")))
    if address is None:
        raise FormatError(f"the symbol table gives no address for {name}", where=where)
    return Link(name, "hard", address)


def _local_heap(source: Source, address: int) -> Cursor:
    """Return the data segment of a local heap."""
    head = source.cursor(address, 8 + 2 * source.length_width + source.offset_width, "local heap")
    head.signature(b"HEAP")
    head.version(0)
    head.take(3)
    size = head.length()
    head.length()
    return source.cursor(head.address("data segment"), size, "local heap's data segment")


def _heap_text(heap: Cursor, offset: int) -> str:
    """Return the NUL-terminated name at an offset in the heap."""
    end = heap.chunk.find(b"\0", offset, offset + NAME_BYTES)
    if end < 0:
        raise FormatError(
            "a name does not end in its local heap",
            where=f"byte {heap.origin + offset:,}",
            expected=f"a NUL within {NAME_BYTES:,} bytes and the heap's {len(heap.chunk):,}",
        )
    return decoded(heap.chunk[offset:end])
