"""One file that is packed with gzip, bzip2 or xz and no archive around it, seen as a `Tree` of one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadstone.errors import LimitError, SourceError
from loadstone.formats.trees.archive_tree import Spool, listing
from loadstone.formats.trees.tree import HEAD_BYTES, Tree
from loadstone.wire.compressed import Unpacked
from loadstone.wire.limits import KIB, shown
from loadstone.wire.protobuf import Buffer

_STEP = 256 * KIB
_ENDINGS = (".gz", ".bz2", ".xz")


class PackedTree:
    """The one file inside; unpacking it once tells its size, and whether the packed stream is whole."""

    above: Tree | None = None

    def __init__(self, data: Buffer, kind: str, name: str) -> None:
        self._data = data
        self._kind = kind
        self._where = name
        short = name.rpartition("/")[2]
        self._name = next((short[: -len(end)] for end in _ENDINGS if short.endswith(end) and short != end), short)
        self._size = sum(len(piece) for piece in self._pieces())
        self._view: Buffer | None = None

    @property
    def where(self) -> str:
        return self._where

    @property
    def sizes(self) -> Mapping[str, int]:
        return {self._name: self._size}

    @property
    def links(self) -> Mapping[str, str]:
        return {}

    def size(self, name: str) -> int | None:
        return self.sizes.get(name)

    def listing(self, folder: str) -> Mapping[str, int]:
        return listing(self.sizes, folder)

    def read(self, name: str, limit: int) -> bytes:
        if self._size > limit:
            raise LimitError(
                "the packed file is longer than is read as a whole",
                where=self._where,
                expected=f"at most {shown(limit)}",
                found=shown(self._size),
            )
        return bytes(self.view(name))

    def head(self, name: str, count: int = HEAD_BYTES) -> bytes:
        return bytes(self.view(name)[:count])

    def view(self, name: str) -> Buffer:
        if name != self._name:
            raise SourceError(f"the packed file has no member {name!r}", where=self._where)
        if self._view is None:
            self._view = Spool(len(self._data)).hold(self._pieces(), self._size)
        return self._view

    def _pieces(self) -> Iterator[bytes]:
        source = Unpacked(self._data, self._kind)
        while piece := source.read(_STEP):
            yield piece
