"""The part of a file that is here already, and the journal that says which file it is a part of.

Two files lie beside the target: `NAME.part` holds the bytes, always a prefix of the file; `NAME.part.journal` holds
JSON lines. The first line says what is being fetched (address, validators, length); each further line is a checkpoint:
so many bytes were made durable, and they have this SHA-256.

A prefix is continued only if the journal's first line is whole. After a crash of the process every byte written is
still there; after a crash of the machine only the bytes up to the last checkpoint are believed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from loadstone.fetch.hashing import Hasher

VERSION = 1
_data_sync = getattr(os, "fdatasync", os.fsync)

BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Remote(NamedTuple):
    """What a server said about the file it is sending: the journal's first line."""

    url: str
    etag: str = ""
    modified: str = ""
    length: int | None = None
    encoding: str = ""

    @property
    def validator(self) -> str:
        """What `If-Range` may carry: a strong ETag, else a date. A weak ETag does not promise equal bytes."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified if not self.etag else ""

    def same_file(self, other: Remote) -> bool:
        """Whether an answer is about the file that was begun, as far as its headers tell."""
        if self.etag and other.etag:
            return self.etag == other.etag
        return not (self.modified and other.modified) or self.modified == other.modified


class Partial:
    """A growing prefix of one file. Not to be shared by threads or processes: the caller holds the target's lock."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.journal_path = f"{path}.journal"
        self.remote: Remote | None = None
        self.offset = 0
        self._checkpoints: dict[int, str] = {}
        self._hasher: Hasher | None = None
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        self._restore()

    def _restore(self) -> None:
        """Believe as much of what lies here as the journal vouches for."""
        size = os.fstat(self._file).st_size
        lines = _read_journal(self.journal_path)
        if not size or not lines:
            return
        header, checkpoints = lines[0], lines[1:]
        if header.get("version") != VERSION:
            return
        if not header["boot"] or header["boot"] != _boot():
            size = min(size, max((line["at"] for line in checkpoints), default=0))
        self.remote = Remote(*(header[field] for field in Remote._fields))
        self._checkpoints = {line["at"]: line["sha256"] for line in checkpoints if line["at"] <= size}
        self.offset = size

    def prepare(self, algorithms: Iterable[str]) -> None:
        """Hash the prefix that is here; if it contradicts a checkpoint, nothing of it is kept."""
        wanted = {"sha256", *algorithms}
        if self._hasher is not None:
            if wanted <= self._hasher.algorithms:
                return
            self._hasher.close()
        self._hasher = Hasher(wanted, self._checkpoint)
        if not self._hash_prefix(self._hasher):
            self.restart()

    def _hash_prefix(self, hasher: Hasher) -> bool:
        """Feed the prefix; return whether it agrees with the last checkpoint."""
        last = max(self._checkpoints, default=0)
        position = 0
        os.lseek(self._file, 0, os.SEEK_SET)
        while position < self.offset:
            until = last if position < last else self.offset
            chunk = os.read(self._file, min(1 << 20, until - position))
            if not chunk:
                return False
            hasher.feed(chunk)
            position += len(chunk)
            if position == last and hasher.digests()["sha256"] != self._checkpoints[last]:
                return False
        return True

    def begin(self, remote: Remote, algorithms: Iterable[str] = ()) -> None:
        """Start at zero with the file that a server has just announced.

        The order matters to a process that is killed in between: bytes go first, then the old journal, so that no
        journal ever vouches for bytes of another file.
        """
        self.restart()
        self._hasher = Hasher(algorithms, self._checkpoint)
        self.remote = remote
        self._write_journal({"version": VERSION, "boot": _boot(), **remote._asdict()}, os.O_TRUNC)

    def restart(self) -> None:
        """Forget everything that is here."""
        if self._hasher is not None:
            self._hasher.close()
        self._hasher = None
        os.ftruncate(self._file, 0)
        self.offset = 0
        self.remote = None
        self._checkpoints = {}
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.journal_path)

    def learn_length(self, length: int) -> None:
        """Note the file's length, said later than its beginning."""
        if self.remote is not None:
            self.remote = self.remote._replace(length=length)

    def append(self, chunk: bytes) -> None:
        """Write the next bytes and hash them."""
        view = memoryview(chunk)
        os.lseek(self._file, self.offset, os.SEEK_SET)
        while view:
            written = os.write(self._file, view)
            self.offset += written
            view = view[written:]
        if self._hasher is not None:
            self._hasher.feed(chunk)

    def digests(self) -> dict[str, str]:
        """Return the digests of everything that is here."""
        if self._hasher is None:
            self.prepare(())
        return self._hasher.digests() if self._hasher is not None else {}

    def _checkpoint(self, at: int, sha256: str) -> None:
        _data_sync(self._file)
        self._write_journal({"at": at, "sha256": sha256}, os.O_APPEND)

    def _write_journal(self, line: dict[str, object], flag: int) -> None:
        file = os.open(self.journal_path, os.O_WRONLY | os.O_CREAT | flag, 0o644)
        try:
            os.write(file, json.dumps(line).encode() + b"\n")
            _data_sync(file)
        finally:
            os.close(file)

    def close(self) -> None:
        """Let go of the file; it can be continued later."""
        if self._hasher is not None:
            self._hasher.close()
            self._hasher = None
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def settle(self) -> None:
        """Make the complete file durable. Its journal stays until the file has moved to its final name."""
        if os.fstat(self._file).st_size > self.offset:
            os.ftruncate(self._file, self.offset)
        os.fsync(self._file)

    def discard(self) -> None:
        """Remove both files."""
        self.close()
        remove_partial(self.path)


def remove_partial(path: str) -> None:
    """Remove a partial file and its journal, the bytes first."""
    for name in (path, f"{path}.journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _read_journal(path: str) -> list[dict[str, Any]]:
    """Return the journal's whole lines; a line torn by a crash and everything after it is not believed."""
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError):
        return []
    lines: list[dict[str, Any]] = []
    for line in text.split("\n")[:-1]:
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not _is_sound(value, first=not lines):
            break
        lines.append(value)
    return lines


def _is_sound(line: object, *, first: bool) -> bool:
    if not isinstance(line, dict):
        return False
    if not first:
        return isinstance(line.get("at"), int) and isinstance(line.get("sha256"), str)
    texts = ("url", "etag", "modified", "encoding", "boot")
    return all(isinstance(line.get(key), str) for key in texts) and isinstance(line.get("length"), int | None)


def _boot() -> str:
    """Return what names this boot of the machine; empty where the system has no name for it."""
    try:
        with open(BOOT_ID, encoding="ascii") as stream:
            return stream.read().strip()
    except OSError:
        return ""
