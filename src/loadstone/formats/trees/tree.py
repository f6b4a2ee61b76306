"""Where a model's files lie: a folder on disk, or the members of an archive, seen the same way.

A format reader asks a `Tree` for names and bytes and never opens a path itself, so that every format also works
inside an archive, no link is followed out of the folder, and no name from a file becomes a path.
Names are relative, with `/`, without `.` or `..`.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from loadstone.errors import LimitError, SourceError, TruncatedError
from loadstone.wire.limits import FOLDER_DEPTH, FOLDER_ENTRIES, shown
from loadstone.wire.protobuf import Buffer

HEAD_BYTES = 4096
EXPORTED = ("saved_model", "checkpoint")
"""The folders that exporter_main_v2.py makes; what they belong to (`pipeline.config`) lies one level up."""


class Tree(Protocol):
    """A set of named files."""

    @property
    def where(self) -> str:
        """What to call this tree in messages: the folder's or archive's path."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every regular file's name and size in bytes, sorted by name; links and devices are not in it."""

    @property
    def links(self) -> Mapping[str, str]:
        """Names that are symbolic links, with their targets; they are never followed."""

    def size(self, name: str) -> int | None:
        """Return one file's size in bytes, or None if it is not a regular file here. Lists nothing."""

    def listing(self, folder: str) -> Mapping[str, int]:
        """Return the files directly in one folder (`""` is the top): full tree name → size. Not recursive."""

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's whole content; `LimitError` if it is longer than `limit` bytes."""

    def head(self, name: str, count: int = HEAD_BYTES) -> bytes:
        """Return at most the first `count` bytes."""

    def view(self, name: str) -> Buffer:
        """Return the content for random access: a memory map on disk, bytes in an archive."""

    @property
    def above(self) -> Tree | None:
        """The folder that holds an export's `saved_model/` or `checkpoint/`, where this tree is one of them on disk."""


class DiskTree:
    """The files below a folder on disk.

    The listing is made on first use; a single file that the user named needs none (`only`), and its own path may be a
    link, since the user named it. Nothing below is followed.
    """

    def __init__(self, root: Path, only: str | None = None, *, most: int = FOLDER_ENTRIES) -> None:
        self.root = root
        self._only = only
        self._most = most
        self._sizes: dict[str, int] | None = None
        self._listings: dict[str, Mapping[str, int]] = {}
        self._links: dict[str, str] = {}
        self._views: dict[str, Buffer] = {}

    @property
    def where(self) -> str:
        return str(self.root)

    @property
    def above(self) -> Tree | None:
        root = Path(os.path.abspath(self.root))
        return DiskTree(root.parent) if root.name in EXPORTED else None

    @property
    def sizes(self) -> Mapping[str, int]:
        if self._sizes is None:
            self._sizes = dict(sorted(self._walk("", 0)))
        return self._sizes

    @property
    def links(self) -> Mapping[str, str]:
        _ = self.sizes
        return self._links

    def size(self, name: str) -> int | None:
        try:
            status = os.stat(self.root / name, follow_symlinks=name == self._only)
        except (OSError, ValueError):
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def listing(self, folder: str) -> Mapping[str, int]:
        if folder not in self._listings:
            self._listings[folder] = self._list(folder)[0]
        return self._listings[folder]

    def _list(self, folder: str) -> tuple[dict[str, int], list[str]]:
        """Return the files of one folder with their sizes, and its sub-folders; notes links in passing."""
        prefix = f"{folder}/" if folder else ""
        files: dict[str, int] = {}
        folders: list[str] = []
        path = self.root / folder
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"the folder cannot be listed: {error.strerror}", where=str(path)) from error
        for entry in entries:
            name = prefix + entry.name
            if entry.is_symlink() and name != self._only:
                self._links[name] = os.readlink(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(name)
            elif entry.is_file():
                files[name] = entry.stat().st_size
        return files, folders

    def _walk(self, folder: str, depth: int) -> list[tuple[str, int]]:
        files, folders = self._list(folder)
        found = list(files.items())
        if depth < FOLDER_DEPTH:
            for inner in folders:
                found += self._walk(inner, depth + 1)
        if len(found) > self._most:
            raise LimitError(
                "the folder holds more files than are looked at",
                where=str(self.root / folder),
                expected=f"at most {self._most:,}",
                help="name the folder or file that is meant",
            )
        return found

    def _open(self, name: str) -> int:
        flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        if name != self._only:
            flags |= getattr(os, "O_NOFOLLOW", 0)
        path = self.root / name
        try:
            descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
        except OSError as error:
            raise SourceError(f"the file cannot be opened: {error.strerror}", where=str(path)) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise SourceError("not a regular file", where=str(path))
        return descriptor

    def read(self, name: str, limit: int) -> bytes:
        with os.fdopen(self._open(name), "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > limit:
                raise LimitError(
                    "the file is longer than is read as a whole",
                    where=str(self.root / name),
                    expected=f"at most {shown(limit)}",
                    found=shown(size),
                )
            content = stream.read(size)
        if len(content) < size:
            raise TruncatedError("the file shrank while it was read", where=str(self.root / name))
        return content

    def head(self, name: str, count: int = HEAD_BYTES) -> bytes:
        with os.fdopen(self._open(name), "rb") as stream:
            return stream.read(count)

    def view(self, name: str) -> Buffer:
        if name not in self._views:
            self._views[name] = self._map(name)
        return self._views[name]

    def _map(self, name: str) -> mmap.mmap | bytes:
        with os.fdopen(self._open(name), "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            # An empty file cannot be mapped.
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

    @contextmanager
    def mapped(self, name: str) -> Iterator[Buffer]:
        """Give a file's content for random access until the block ends; a view that stays keeps the file open."""
        data = self._map(name)
        try:
            yield data
        finally:
            if isinstance(data, mmap.mmap):
                data.close()

    def part(self, name: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` to `end`, which end early where the file does."""
        with os.fdopen(self._open(name), "rb") as stream:
            stream.seek(start)
            return stream.read(end - start)
