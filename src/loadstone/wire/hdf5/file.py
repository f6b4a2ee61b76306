"""An HDF5 file as a tree of groups and datasets. Read-only; nothing is opened but the bytes in hand."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import FormatError, LimitError, LoadstoneError
from loadstone.wire.hdf5 import header as messages
from loadstone.wire.hdf5.dataset import Dataset
from loadstone.wire.hdf5.dense import dense_links
from loadstone.wire.hdf5.global_heap import GlobalHeap
from loadstone.wire.hdf5.header import Header
from loadstone.wire.hdf5.links import Link, parse_link
from loadstone.wire.hdf5.node import Node
from loadstone.wire.hdf5.source import Source
from loadstone.wire.hdf5.superblock import Superblock, parse_superblock
from loadstone.wire.hdf5.symbols import symbol_links
from loadstone.wire.limits import HDF5_DEPTH, HDF5_OBJECTS
from loadstone.wire.protobuf import Buffer


class Group(Node):
    """A folder of links."""

    __slots__ = ("_links",)

    def __init__(self, header: Header, path: str, heap: GlobalHeap) -> None:
        super().__init__(header, path, heap)
        self._links: dict[str, Link] | None = None

    @property
    def links(self) -> dict[str, Link]:
        """Name → link, sorted by name, as libraries list them; soft and external ones are named, never followed."""
        if self._links is None:
            try:
                found = list(self._read_links())
            except LoadstoneError as error:
                raise error.at(self.path) from None
            self._links = {link.name: link for link in sorted(found, key=lambda link: link.name)}
            if len(self._links) < len(found):
                raise FormatError("a group has two links of one name", where=f"{self.path}: {self.where}")
        return self._links

    def _read_links(self) -> Iterator[Link]:
        source = self.header.source
        table = self.header.first(messages.SYMBOL_TABLE, "symbol table message")
        if table:
            yield from symbol_links(source, table)
        for cursor in self.header.all(messages.LINK, "link message"):
            yield parse_link(cursor)
        info = self.header.first(messages.LINK_INFO, "link info message")
        if info:
            for cursor in dense_links(source, info):
                yield parse_link(cursor)


class NamedType(Node):
    """A committed datatype, or an object of a kind that holds no values for us."""

    __slots__ = ()


class Hdf5File:
    """The file: its superblock, and its objects by address."""

    def __init__(self, data: Buffer) -> None:
        self.superblock: Superblock = parse_superblock(data)
        block = self.superblock
        self.source = Source(data, block.base, offset_width=block.offset_width, length_width=block.length_width)
        self.heap = GlobalHeap(self.source)
        self._nodes: dict[int, Node] = {}

    @property
    def bytes_short(self) -> int:
        """How many bytes the file lacks of the length that its superblock states."""
        return max(0, self.superblock.end - len(self.source.data))

    @property
    def root(self) -> Group:
        """The root group."""
        node = self._node(self.superblock.root, "/")
        if not isinstance(node, Group):
            raise FormatError("the root of the file is not a group", where=node.where)
        return node

    def child(self, group: Group, name: str) -> Node | None:
        """Return what a hard link of the group leads to; None where there is no such link or it is of another kind."""
        link = group.links.get(name)
        if link is None or link.address is None:
            return None
        return self._node(link.address, f"{group.path.rstrip('/')}/{name}")

    def find(self, path: str) -> Node | None:
        """Return the object at a path from the root (`model_weights/dense`), by hard links alone."""
        node: Node | None = self.root
        for name in path.strip("/").split("/"):
            node = self.child(node, name) if isinstance(node, Group) else None
        return node

    def _node(self, address: int, path: str) -> Node:
        if address not in self._nodes:
            if len(self._nodes) >= HDF5_OBJECTS:
                raise LimitError("a file of more objects than are read", expected=f"at most {HDF5_OBJECTS:,}")
            try:
                self._nodes[address] = _parse_node(Header(self.source, address), path, self.heap)
            except LoadstoneError as error:
                raise error.at(path) from None
        return self._nodes[address]

    def walk(self, broken: list[LoadstoneError] | None = None, top: Group | None = None) -> Iterator[Node]:
        """Yield every object below `top` (or the root) once, depth first, each group before what it holds.

        An object that cannot be read ends the walk with its error, or, where a list `broken` is given, is put there.
        A second hard link to an object is not walked again, so a cycle ends.
        """
        start = top or self.root
        waiting: list[tuple[Group, Iterator[Link]]] = [(start, iter(self._links_of(start, broken)))]
        seen = {start.header.address}
        while waiting:
            group, links = waiting[-1]
            link = next(links, None)
            if link is None:
                waiting.pop()
                continue
            if link.address is None or link.address in seen:
                continue
            seen.add(link.address)
            node = self._visit(group, link, broken)
            if node is None:
                continue
            yield node
            if isinstance(node, Group):
                if len(waiting) >= HDF5_DEPTH:
                    raise LimitError(
                        "groups nest deeper than is read", where=node.path[:200], expected=f"at most {HDF5_DEPTH}"
                    )
                waiting.append((node, iter(self._links_of(node, broken))))

    def _visit(self, group: Group, link: Link, broken: list[LoadstoneError] | None) -> Node | None:
        try:
            return self.child(group, link.name)
        except LoadstoneError as error:
            if broken is None:
                raise
            broken.append(error)
            return None

    def _links_of(self, group: Group, broken: list[LoadstoneError] | None) -> list[Link]:
        try:
            return list(group.links.values())
        except LoadstoneError as error:
            if broken is None:
                raise
            broken.append(error)
            return []


def _parse_node(header: Header, path: str, heap: GlobalHeap) -> Node:
    """Make of a header what its messages say it is."""
    if messages.LAYOUT in header:
        return Dataset(header, path, heap)
    if messages.SYMBOL_TABLE in header or messages.LINK_INFO in header or messages.LINK in header:
        return Group(header, path, heap)
    return NamedType(header, path, heap)
