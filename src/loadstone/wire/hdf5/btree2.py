"""Version 2 B-trees: the index of dense links, dense attributes, huge heap objects and chunks.

Specification: HDF5 File Format Specification 3.0, section III.A.2. The widths of the counts in internal nodes are not
stored; they follow from the greatest number of records a node of each level can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_TREE_LEVELS

_OVERHEAD = 10
"""Bytes of a node beside records and pointers: signature 4, version 1, type 1, checksum 4."""


@dataclass(frozen=True, slots=True)
class _Tree:
    kind: int
    node_size: int
    record_size: int
    depth: int
    root: int | None
    root_records: int
    count_width: int
    total_widths: tuple[int, ...]
    """Per level, the width of the total number of records below a child of a node of that level."""


def records(source: Source, address: int, kind: int) -> Iterator[Cursor]:
    """Yield the records of the tree whose header lies at `address`, each a window of its own, in the tree's order."""
    tree = _header(source, address, kind)
    if tree.root is None:
        return
    waiting: list[Cursor | tuple[int, int, int]] = [(tree.root, tree.root_records, tree.depth)]
    while waiting:
        # Levels fall with every step, so there is no cycle; shared nodes are charged to the budget.
        item = waiting.pop()
        if isinstance(item, Cursor):
            yield item
            continue
        child, count, level = item
        found, children = _node(source, tree, address=child, count=count, level=level)
        if not children:
            yield from found
            continue
        waiting.append(children[-1])
        for record, pointer in zip(reversed(found), reversed(children[:-1]), strict=True):
            waiting += [record, pointer]


def _header(source: Source, address: int, kind: int) -> _Tree:
    size = 16 + source.offset_width + 2 + source.length_width + 4
    cursor = source.checked(address, size, "B-tree header")
    cursor.signature(b"BTHD")
    cursor.version(0)
    found = cursor.uint(1)
    if found != kind:
        raise FormatError(
            "a B-tree of the wrong kind", where=cursor.where, expected=f"type {kind}", found=f"type {found}"
        )
    node_size, record_size, depth = cursor.uint(4), cursor.uint(2), cursor.uint(2)
    cursor.take(2)
    root, root_records = cursor.offset(), cursor.uint(2)
    if record_size == 0 or node_size < _OVERHEAD + record_size or depth > HDF5_TREE_LEVELS:
        raise LimitError(
            "a B-tree of impossible size",
            where=cursor.where,
            expected=f"records in its nodes, and at most {HDF5_TREE_LEVELS} levels",
            found=f"records of {record_size}, nodes of {node_size}, {depth} levels",
        )
    count_width, total_widths = _widths(source, node_size, record_size, depth)
    return _Tree(
        kind=kind,
        node_size=node_size,
        record_size=record_size,
        depth=depth,
        root=root,
        root_records=root_records,
        count_width=count_width,
        total_widths=total_widths,
    )


def _widths(source: Source, node_size: int, record_size: int, depth: int) -> tuple[int, tuple[int, ...]]:
    """Return the width of a child's record count, and per level the width of the total below a child."""
    most = (node_size - _OVERHEAD) // record_size
    count_width = _bytes_for(most)
    below, widths = most, [0, 0]
    for _ in range(1, depth):
        pointer = source.offset_width + count_width + widths[-1]
        fit = max(0, node_size - _OVERHEAD - pointer) // (record_size + pointer)
        below = (fit + 1) * below + fit
        widths.append(_bytes_for(below))
    return count_width, tuple(widths)


def _bytes_for(number: int) -> int:
    return max(1, (number.bit_length() + 7) // 8)


def _node(
    source: Source, tree: _Tree, *, address: int, count: int, level: int
) -> tuple[list[Cursor], list[tuple[int, int, int]]]:
    """Return a node's records, and its children as (address, number of records, level)."""
    pointer = source.offset_width + tree.count_width + tree.total_widths[level] if level else 0
    size = _OVERHEAD + count * tree.record_size + ((count + 1) * pointer if level else 0)
    cursor = source.checked(address, size, "B-tree node")
    cursor.signature(b"BTIN" if level else b"BTLF")
    cursor.version(0)
    cursor.take(1)
    found = [cursor.part(tree.record_size, "B-tree record") for _ in range(count)]
    children = []
    for _ in range(count + 1 if level else 0):
        child = cursor.address("child")
        below = cursor.uint(tree.count_width)
        cursor.take(tree.total_widths[level])
        children.append((child, below, level - 1))
    return found, children
