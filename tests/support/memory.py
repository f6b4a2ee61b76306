"""A tree that is held in memory, to hand any bytes to a reader."""

from __future__ import annotations

from collections.abc import Mapping

from loadstone.errors import LimitError, SourceError
from loadstone.formats.registry import Candidate
from loadstone.wire.protobuf import Buffer


class MemoryTree:
    """Named contents as a `Tree`."""

    above = None

    def __init__(self, files: Mapping[str, bytes], where: str = "memory") -> None:
        self._files = dict(sorted(files.items()))
        self._where = where

    @property
    def where(self) -> str:
        return self._where

    @property
    def sizes(self) -> Mapping[str, int]:
        return {name: len(content) for name, content in self._files.items()}

    @property
    def links(self) -> Mapping[str, str]:
        return {}

    def size(self, name: str) -> int | None:
        return self.sizes.get(name)

    def listing(self, folder: str) -> Mapping[str, int]:
        prefix = f"{folder}/" if folder else ""
        return {n: s for n, s in self.sizes.items() if n.startswith(prefix) and "/" not in n[len(prefix) :]}

    def _content(self, name: str) -> bytes:
        if name not in self._files:
            raise SourceError("no such file", where=name)
        return self._files[name]

    def read(self, name: str, limit: int) -> bytes:
        if len(self._content(name)) > limit:
            raise LimitError("too long", where=name)
        return self._content(name)

    def head(self, name: str, count: int = 4096) -> bytes:
        return self._content(name)[:count]

    def view(self, name: str) -> Buffer:
        return self._content(name)


def single(content: bytes, name: str = "file.bin") -> Candidate:
    """Return one file in memory as a candidate."""
    return Candidate(name, MemoryTree({name: content}), name, is_folder=False)


def folder(files: Mapping[str, bytes]) -> Candidate:
    """Return files in memory as a candidate folder."""
    return Candidate("folder", MemoryTree(files), "", is_folder=True)
