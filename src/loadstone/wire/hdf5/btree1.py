"""Version 1 B-trees: the index of an old group's names, and of a dataset's chunks.

Specification: HDF5 File Format Specification 3.0, section III.A.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Source
from loadstone.wire.limits import HDF5_TREE_LEVELS

GROUP_NODE, CHUNK_NODE = 0, 1


def leaves(source: Source, root: int, *, kind: int, key_size: int) -> Iterator[tuple[bytes, int]]:
    """Yield (key, child address) of every leaf entry, in the tree's order; the key is the one before the child.

    Levels must fall by one from parent to child, so no cycle can pass; shared nodes are charged to the budget.
    """
    waiting: list[tuple[int, int | None]] = [(root, None)]
    seen: set[int] = set()
    while waiting:
        address, level = waiting.pop()
        if address in seen:
            raise FormatError("a B-tree node is its own relative", where=f"byte {source.base + address:,}")
        seen.add(address)
        found, entries = _node(source, address, kind=kind, key_size=key_size)
        if level is not None and found != level:
            raise FormatError(
                "a B-tree node stands at the wrong level",
                where=f"byte {source.base + address:,}",
                expected=str(level),
                found=str(found),
            )
        if found == 0:
            yield from entries
        else:
            waiting.extend((child, found - 1) for _, child in reversed(entries))


def _node(source: Source, address: int, *, kind: int, key_size: int) -> tuple[int, list[tuple[bytes, int]]]:
    """Return a node's level and its (key, child) pairs."""
    head = source.cursor(address, 8, "B-tree node")
    head.signature(b"TREE")
    found, level, count = head.uint(1), head.uint(1), head.uint(2)
    if found != kind:
        raise FormatError(
            "a B-tree node of the wrong kind", where=head.where, expected=f"type {kind}", found=f"type {found}"
        )
    if level > HDF5_TREE_LEVELS:
        raise LimitError(
            "a B-tree is deeper than any file needs",
            where=head.where,
            expected=f"at most {HDF5_TREE_LEVELS} levels",
            found=str(level),
        )
    start = address + 8 + 2 * source.offset_width
    body = source.cursor(start, count * (key_size + source.offset_width), "B-tree node")
    return level, [(body.take(key_size), body.address("child")) for _ in range(count)]
