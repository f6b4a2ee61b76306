"""The members of a tar, packed or not, seen as a `Tree`: one pass to list it, nothing unpacked to a name.

What it is: a listing with every member's first bytes; small members (graphs, indexes, configurations) are kept from
the one pass, large ones (weights) are read by a second pass when somebody asks. What it is not: strict; where the
archive is cut short, `broken` holds the error and the members before it are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadstone.errors import LimitError, LoadstoneError, SourceError
from loadstone.formats.trees.archive_tree import Spool, listing
from loadstone.formats.trees.tree import HEAD_BYTES, Tree
from loadstone.wire.compressed import Unpacked, compression
from loadstone.wire.limits import ARCHIVE_MEMBERS, KEPT_BYTES, KEPT_TOTAL_BYTES, shown
from loadstone.wire.protobuf import Buffer
from loadstone.wire.tar import BLOCK, Source, TarMember, TarStream

PASSES = 8
"""Unpacking the archive again to reach a member counts as an eighth of holding what is passed."""


class TarTree:
    """The regular members of a tar in `data`; of two with one name the last counts, as it does when tar unpacks."""

    above: Tree | None = None

    def __init__(self, data: Buffer, where: str) -> None:
        self._data = data
        self._where = where
        self._sizes: dict[str, int] = {}
        self._heads: dict[str, bytes] = {}
        self._kept: dict[str, bytes] = {}
        self._at: dict[str, int] = {}
        self._links: dict[str, str] = {}
        self._left = KEPT_TOTAL_BYTES
        self._views: dict[str, Buffer] = {}
        self._spool = Spool(len(data))
        self._count = 0
        self.unsafe: dict[str, str] = {}
        self.others: dict[str, str] = {}
        self.twice: set[str] = set()
        self.broken: LoadstoneError | None = None
        self._list()

    @classmethod
    def open(cls, tree: Tree, name: str) -> TarTree:
        """Open the tar that is the file `name` of another tree."""
        return cls(tree.view(name), f"{tree.where}/{name}" if tree.where else name)

    @property
    def where(self) -> str:
        return self._where

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    @property
    def links(self) -> Mapping[str, str]:
        return self._links

    def size(self, name: str) -> int | None:
        return self._sizes.get(name)

    def listing(self, folder: str) -> Mapping[str, int]:
        return listing(self._sizes, folder)

    def read(self, name: str, limit: int) -> bytes:
        size = self._known(name)
        if size > limit:
            raise LimitError(
                "the member is longer than is read as a whole",
                where=f"{self._where}/{name}",
                expected=f"at most {shown(limit)}",
                found=shown(size),
            )
        return bytes(self.view(name))

    def head(self, name: str, count: int = HEAD_BYTES) -> bytes:
        self._known(name)
        if count > HEAD_BYTES and name not in self._kept:
            return bytes(self.view(name)[:count])
        return self._kept.get(name, self._heads.get(name, b""))[:count]

    def view(self, name: str) -> Buffer:
        size = self._known(name)
        if name in self._kept:
            return self._kept[name]
        if not compression(bytes(self._data[:8])):
            at = self._at[name]
            return memoryview(self._data)[at : at + size]
        if name not in self._views:
            try:
                self._views[name] = self._again(name, size)
            except LoadstoneError as error:
                raise error.at(f"{self._where}/{name}") from None
        return self._views[name]

    def _again(self, name: str, size: int) -> Buffer:
        """Unpack the archive once more, up to a large member; how often that may be done is bounded by its cost."""
        self._spool.spend(self._at[name] // PASSES)
        return self._spool.hold(self._pieces(name), size)

    def _known(self, name: str) -> int:
        if name not in self._sizes:
            raise SourceError(f"the archive has no member {name!r}", where=self._where)
        return self._sizes[name]

    def _source(self) -> Source:
        kind = compression(bytes(self._data[:8]))
        return Unpacked(self._data, kind) if kind else _Plain(self._data)

    def _list(self) -> None:
        source = self._source()
        stream = TarStream(source)
        try:
            for member in stream.members():
                self._note(member, stream)
            # The checksum of a compressed stream stands behind the zeros that follow the last member.
            while source.read(BLOCK * BLOCK):
                pass
        except LoadstoneError as error:
            self.broken = error.at(self._where)

    def _note(self, member: TarMember, stream: TarStream) -> None:
        self._count += 1
        if self._count > ARCHIVE_MEMBERS:
            raise LimitError("the archive holds too many members", expected=f"at most {ARCHIVE_MEMBERS:,}")
        if member.unsafe:
            self.unsafe[member.name] = member.unsafe
        elif member.kind == "link":
            self._links[member.name] = member.target
        elif member.kind in ("device", "other"):
            self.others[member.name] = member.kind
        elif member.kind == "file" and member.name:
            head, kept = self._take(member, stream)
            if member.name in self._sizes:
                self.twice.add(member.name)
            self._kept.pop(member.name, None)
            self._sizes[member.name] = member.size
            self._at[member.name] = member.at + BLOCK
            self._heads[member.name] = head
            if kept is not None:
                self._kept[member.name] = kept

    def _take(self, member: TarMember, stream: TarStream) -> tuple[bytes, bytes | None]:
        """Read a member's content as it passes: all of a small one, the first bytes of a large one."""
        keep = member.size <= min(KEPT_BYTES, self._left)
        pieces: list[bytes] = []
        size = 0
        for piece in stream.content():
            if keep or size < HEAD_BYTES:
                pieces.append(piece if keep else piece[: HEAD_BYTES - size])
            size += len(piece)
        content = b"".join(pieces)
        if keep:
            self._left -= len(content)
        return content[:HEAD_BYTES], content if keep else None

    def _pieces(self, name: str) -> Iterator[bytes]:
        """Go through the archive again to a member's content."""
        stream = TarStream(self._source())
        for member in stream.members():
            if member.name == name and member.at + BLOCK == self._at[name]:
                yield from stream.content()
                return


class _Plain:
    """A buffer as a stream."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._at = 0

    def read(self, count: int, /) -> bytes:
        piece = bytes(self._data[self._at : self._at + count])
        self._at += len(piece)
        return piece
