"""An archive into a folder that appears whole or not at all.

Nothing of an archive touches the disk under a name that was not checked: relative, without `..`, links, devices,
reserved names or two spellings of one name. Only regular files are written. Sizes are counted as they come out, never
believed. The caller gives a fresh folder and renames it when this has returned.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from loadstone.errors import FormatError, LimitError, LoadstoneError, RefusedError
from loadstone.fetch.containers import Peeked, drain, open_packed
from loadstone.fetch.hashing import new_digest
from loadstone.wire.limits import EXPANSION_RATIO, FOLDER_DEPTH, GIB, shown
from loadstone.wire.tar import TarStream
from loadstone.wire.zipguard import read_index
from loadstone.wire.zipread import chunks as zip_chunks

MOST_BYTES = 64 * GIB
"""All files of one archive; the largest archive of the zoos unpacks to 2 GiB."""

RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))})
NAME_CHARACTERS = 200


class Written(NamedTuple):
    """One file that was written: its name below the folder, its size and SHA-256."""

    name: str
    size: int
    sha256: str


class _Member(NamedTuple):
    name: str
    kind: str
    unsafe: str
    executable: bool
    content: Iterable[bytes]


def unpack(archive: str, folder: str) -> list[Written]:
    """Write an archive's files below a fresh folder; every file and folder is durable when this returns."""
    budget = _Budget(archive)
    try:
        return [_write(member, folder, budget) for member in _checked(_members(archive))]
    except (EOFError, zlib.error, _lzma_error()) as error:
        raise FormatError("the archive is cut short or damaged", where=archive, found=str(error)) from error
    except LoadstoneError as error:
        raise error.at(archive) from None
    finally:
        _sync_folders(folder)


def _lzma_error() -> type[Exception]:
    import lzma

    return lzma.LZMAError


def _members(archive: str) -> Iterator[_Member]:
    with open(archive, "rb") as stream:
        is_zip = stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    yield from _zip_members(archive) if is_zip else _tar_members(archive)


def _tar_members(archive: str) -> Iterator[_Member]:
    with open_packed(archive) as stream:
        peeked = Peeked(stream)
        if peeked.head[257:262] != b"ustar" and any(peeked.head):
            raise FormatError("this is no tar archive", found=f"a beginning of {peeked.head[:8].hex(' ')}")
        tar = TarStream(peeked)
        for member in tar.members():
            yield _Member(member.name, member.kind, member.unsafe, member.executable, tar.content())
        # Behind the end marker stand only zeros, and behind those the compressed stream's checksum.
        drain(peeked)


def _zip_members(archive: str) -> Iterator[_Member]:
    with open(archive, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        index = read_index(data)
        if index.faults:
            raise RefusedError(f"two readers would not see the same files in this zip: {index.faults[0]}")
        for member in index.members:
            yield _Member(member.name, member.kind, member.unsafe, False, zip_chunks(data, member))


def _checked(members: Iterable[_Member]) -> Iterator[_Member]:
    """Yield the regular files; refuse everything that would not be one file of its own below the folder."""
    seen: dict[str, str] = {}
    for member in members:
        if member.kind == "folder" and not member.unsafe:
            continue
        if member.unsafe:
            raise RefusedError(f"the archive's member {member.name[:200]!r} may not be written: {member.unsafe}")
        if member.kind != "file":
            raise RefusedError(
                f"the archive's member {member.name!r} is a {member.kind}, not a regular file",
                help="a model needs none; ask its publisher",
            )
        if reason := _unusable(member.name):
            raise RefusedError(f"the archive's member {member.name!r} may not be written: {reason}")
        spelled = member.name.casefold()
        if spelled in seen:
            raise RefusedError(f"two members are one file on some systems: {seen[spelled]!r} and {member.name!r}")
        seen[spelled] = member.name
        yield member


def _unusable(name: str) -> str:
    """Return why a name that stays in its folder may still not be used: some system would read it otherwise."""
    parts = name.split("/")
    if len(parts) > FOLDER_DEPTH:
        return f"it is more than {FOLDER_DEPTH} folders deep"
    for part in parts:
        if len(part.encode("utf-8", "surrogateescape")) > NAME_CHARACTERS:
            return f"a part of it is longer than {NAME_CHARACTERS} bytes"
        if part.partition(".")[0].lower() in RESERVED:
            return f"{part!r} is a device on Windows"
        if set(part) & set('<>:"|?*') or part != part.rstrip(". "):
            return f"{part!r} means something else on Windows"
    return ""


class _Budget:
    """Counts what comes out of one archive against the caps."""

    def __init__(self, archive: str) -> None:
        self._most = min(MOST_BYTES, EXPANSION_RATIO * max(os.path.getsize(archive), 1 << 10))
        self._total = 0

    def spend(self, count: int) -> None:
        self._total += count
        if self._total > self._most:
            raise LimitError(
                "the archive unpacks to more than is written",
                expected=f"at most {shown(self._most)}",
                help="this is how an archive bomb looks; ask the model's publisher",
            )


def _write(member: _Member, folder: str, budget: _Budget) -> Written:
    path = os.path.join(folder, *member.name.split("/"))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # "x": a file that stands there already is never written through.
        with open(path, "xb") as sink:
            digest, size = new_digest("sha256"), 0
            for chunk in member.content:
                budget.spend(len(chunk))
                digest.update(chunk)
                size += len(chunk)
                sink.write(chunk)
            sink.flush()
            os.fsync(sink.fileno())
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise RefusedError(f"the archive's member {member.name!r} is both a file and a folder") from error
    if member.executable:
        os.chmod(path, 0o755)
    return Written(member.name, size, digest.hexdigest())


def _sync_folders(folder: str) -> None:
    for place, _, _ in os.walk(folder):
        sync_folder(place)


def sync_folder(path: str) -> None:
    """Make a folder's entries durable, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        # Some network file systems cannot; they make entries durable on their own.
        pass
    finally:
        os.close(descriptor)
