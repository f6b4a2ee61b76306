"""The members of a zip, seen as a `Tree`: read in place, nothing unpacked to a name.

What it is: a view of the safe, regular members of one zip. What it is not: tar (see `tar_tree`), which has no directory
and is read as a stream. A stored member of a file on disk is a window of its memory map; a large deflated one goes into
an anonymous temporary file, so that memory stays bounded.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator, Mapping

from loadstone.errors import FormatError, LimitError, LoadstoneError, SourceError
from loadstone.formats.trees.tree import HEAD_BYTES, Tree
from loadstone.wire import zipread
from loadstone.wire.limits import ARCHIVE_MEMBERS, FREE_BYTES, NAME_BYTES, SPOOLED_BYTES, SPOOLED_RATIO, shown
from loadstone.wire.protobuf import Buffer
from loadstone.wire.zipguard import ZipIndex, ZipMember, read_index


class ZipTree:
    """The members of a zip in `data`. `unsafe` maps names that are not used as paths to the reason.

    A name that two members share is listed, but not read: two readers would disagree about it.
    """

    above: Tree | None = None

    def __init__(self, data: Buffer, where: str) -> None:
        self._data = data
        self._where = where
        try:
            self.index: ZipIndex = read_index(data, ARCHIVE_MEMBERS)
        except LoadstoneError as error:
            raise error.at(where) from None
        files = [member for member in self.index.members if member.kind == "file" and not member.unsafe]
        self._members = {member.name: member for member in files}
        self._twice = _repeated(files)
        self._sizes = {name: self._members[name].size for name in sorted(self._members)}
        self._views: dict[str, Buffer] = {}
        self._spool = Spool(len(data))
        self._links: dict[str, str] | None = None

    @classmethod
    def open(cls, tree: Tree, name: str) -> ZipTree:
        """Open the zip that is the file `name` of another tree."""
        return cls(tree.view(name), _join(tree.where, name))

    @property
    def where(self) -> str:
        return self._where

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    @property
    def unsafe(self) -> Mapping[str, str]:
        """Names of members that are not in the tree because their name must not be used, with the reason."""
        return {member.name: member.unsafe for member in self.index.members if member.unsafe}

    @property
    def links(self) -> Mapping[str, str]:
        if self._links is None:
            links = (member for member in self.index.members if member.kind == "link")
            self._links = {member.name: self._target(member) for member in links}
        return self._links

    def _target(self, member: ZipMember) -> str:
        try:
            return zipread.read_member(self._data, member, NAME_BYTES).decode("utf-8", "backslashreplace")
        except FormatError:
            return "?"

    def size(self, name: str) -> int | None:
        return self._sizes.get(name)

    def listing(self, folder: str) -> Mapping[str, int]:
        return listing(self._sizes, folder)

    def member(self, name: str) -> ZipMember:
        """Return the one member of that name; refuses a name that two members share."""
        if name in self._twice:
            raise FormatError(
                f"two zip members are named {name!r}: two readers would disagree about this file", where=self._where
            )
        if name not in self._members:
            raise SourceError(f"the zip has no member {name!r}", where=self._where)
        return self._members[name]

    def read(self, name: str, limit: int) -> bytes:
        member = self.member(name)
        try:
            return zipread.read_member(self._data, member, limit)
        except LoadstoneError as error:
            raise error.at(_join(self._where, name)) from None

    def head(self, name: str, count: int = HEAD_BYTES) -> bytes:
        member = self.member(name)
        try:
            return zipread.head_of_member(self._data, member, count)
        except LoadstoneError as error:
            raise error.at(_join(self._where, name)) from None

    def view(self, name: str) -> Buffer:
        """Return the content for random access; the CRC-32 of a stored member is not checked (`verify` does it)."""
        if name not in self._views:
            member = self.member(name)
            try:
                self._views[name] = self._view(member)
            except LoadstoneError as error:
                raise error.at(_join(self._where, name)) from None
        return self._views[name]

    def _view(self, member: ZipMember) -> Buffer:
        if member.method == zipread.STORED:
            start, end = zipread.stored_span(self._data, member)
            return memoryview(self._data)[start:end]
        return self._spool.hold(zipread.chunks(self._data, member), member.size)

    def verify(self, name: str) -> None:
        """Read a member whole, in bounded memory, and check its CRC-32."""
        member = self.member(name)
        try:
            for _ in zipread.chunks(self._data, member):
                pass
        except LoadstoneError as error:
            raise error.at(_join(self._where, name)) from None


class Spool:
    """Holds what is unpacked from one archive of `packed` bytes: a little in memory, the rest in unnamed files.

    All members together are bounded, since an archive of many small bombs is a bomb.
    """

    def __init__(self, packed: int) -> None:
        self._most = FREE_BYTES + packed * SPOOLED_RATIO
        self._total = 0
        self._in_memory = 0

    def spend(self, size: int) -> None:
        """Count bytes that are unpacked; `LimitError` where they become too many."""
        self._total += size
        if self._total > self._most:
            raise LimitError(
                "the archive's members unpack to more than is looked at",
                expected=f"at most {shown(self._most)}",
                found=shown(self._total),
                help="unpack the archive yourself where you trust it, and name the folder",
            )

    def hold(self, pieces: Iterator[bytes], size: int) -> Buffer:
        """Return the joined pieces of `size` bytes."""
        self.spend(size)
        if self._in_memory + size <= SPOOLED_BYTES:
            self._in_memory += size
            return b"".join(pieces)
        with tempfile.TemporaryFile() as spool:
            for piece in pieces:
                spool.write(piece)
            spool.flush()
            return mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def listing(sizes: Mapping[str, int], folder: str) -> Mapping[str, int]:
    """Return the files directly in one folder of an archive."""
    prefix = f"{folder}/" if folder else ""
    return {name: size for name, size in sizes.items() if name.startswith(prefix) and "/" not in name[len(prefix) :]}


def _repeated(members: list[ZipMember]) -> set[str]:
    seen: set[str] = set()
    return {member.name for member in members if member.name in seen or seen.add(member.name)}  # type: ignore[func-returns-value]


def _join(where: str, name: str) -> str:
    return f"{where}/{name}" if where else name
