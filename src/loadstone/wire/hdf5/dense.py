"""Dense storage: the links or attributes of an object, when they are too many or too large for its header.

A version 2 B-tree, ordered by the hash of the names, holds heap IDs; a fractal heap holds the messages.
Specification: HDF5 File Format Specification 3.0, sections IV.A.2.c (link info) and IV.A.2.v (attribute info).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.wire.hdf5.btree2 import records
from loadstone.wire.hdf5.fractal_heap import FractalHeap
from loadstone.wire.hdf5.source import Cursor, Source

LINKS_BY_NAME, ATTRIBUTES_BY_NAME = 5, 8
_LINK_ID, _ATTRIBUTE_ID = 7, 8


def dense_links(source: Source, info: Cursor) -> Iterator[Cursor]:
    """Yield the link messages that a link info message leads to; none where it has no heap."""
    # The highest creation order is 8 bytes wide; a record's hash of the name stands before the heap ID.
    for store, record in _records(source, info, LINKS_BY_NAME, order_width=8):
        record.take(4)
        yield store.fetch(record.take(_LINK_ID), "link message")


def dense_attributes(source: Source, info: Cursor) -> Iterator[Cursor]:
    """Yield the attribute messages that an attribute info message leads to; none where it has no heap."""
    for store, record in _records(source, info, ATTRIBUTES_BY_NAME, order_width=2):
        yield store.fetch(record.take(_ATTRIBUTE_ID), "attribute message")


def _records(source: Source, info: Cursor, kind: int, *, order_width: int) -> Iterator[tuple[FractalHeap, Cursor]]:
    info.version(0)
    if info.uint(1) & 1:
        info.take(order_width)
    heap, tree = info.offset(), info.offset()
    if heap is None or tree is None:
        return
    store = FractalHeap(source, heap)
    for record in records(source, tree, kind):
        yield store, record
