"""Whether a file is whole, as far as its own container can tell.

A gzip stream ends in a checksum and a length, a tar in empty blocks, a zip in its directory, and an HDF5 file's
superblock states where it ends. This is what stands between a cut file and its final name when nobody publishes a hash.
What this is not: a proof that the content is the right one.
"""

from __future__ import annotations

import gzip
import mmap
import os
import struct
import zlib
from contextlib import AbstractContextManager
from typing import IO, NamedTuple, cast

from loadstone.errors import LoadstoneError
from loadstone.wire.tar import Source, TarStream

STEP = 1 << 20
CLOSED = frozenset({"tflite", "keras-config", "tfjs-layers", "tfjs-graph"})
"""Formats whose structure ends where the file does. A protobuf cut between two messages reads as a shorter one."""

HDF5 = b"\x89HDF\r\n\x1a\n"


class Ending(NamedTuple):
    """What the container says: `whole` is None where it says nothing. `checked` tells what was looked at."""

    whole: bool | None
    checked: str = ""
    reason: str = ""


def ending(path: str) -> Ending:
    """Look at the file's end as its own kind defines it; content decides what kind that is."""
    with open(path, "rb") as stream:
        head = stream.read(512)
    try:
        if head.startswith(PACKED):
            return _packed(path)
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return _zip(path)
        if head[257:262] == b"ustar":
            return _tar(path)
    except LoadstoneError as error:
        return Ending(False, reason=str(error))
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError, _lzma_error()) as error:
        return Ending(False, reason=f"the compressed stream is broken: {error}")
    if HDF5 in _superblock_places(path):
        return _hdf5(path)
    return _model(path)


PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")


def _lzma_error() -> type[Exception]:
    import lzma

    return lzma.LZMAError


def open_packed(path: str) -> AbstractContextManager[IO[bytes]]:
    """Open a compressed file for reading what is inside; its checksum is verified at its end."""
    with open(path, "rb") as stream:
        head = stream.read(6)
    if head.startswith(b"BZh"):
        import bz2

        return bz2.open(path, "rb")
    if head.startswith(b"\xfd7zXZ"):
        import lzma

        return lzma.open(path, "rb")
    if head.startswith(b"\x1f\x8b"):
        return cast("AbstractContextManager[IO[bytes]]", gzip.open(path, "rb"))
    return open(path, "rb")


def _packed(path: str) -> Ending:
    with open_packed(path) as stream:
        peeked = Peeked(stream)
        if peeked.head[257:262] != b"ustar":
            drain(peeked)
            return Ending(True, "the compressed stream's own checksum")
        for _ in TarStream(peeked).members():
            pass
        drain(peeked)
    return Ending(True, "the archive to its end, with the compressed stream's own checksum")


def drain(source: Source) -> None:
    """Read to the end, so that a checksum that stands there is looked at."""
    while source.read(STEP):
        pass


class Peeked:
    """A stream whose beginning can be looked at before it is read."""

    def __init__(self, stream: IO[bytes], count: int = 512) -> None:
        self._stream = stream
        self.head = b""
        while len(self.head) < count and (more := stream.read(count - len(self.head))):
            self.head += more
        self._waiting = self.head

    def read(self, count: int, /) -> bytes:
        """Return at most `count` bytes."""
        if not self._waiting:
            return self._stream.read(count)
        chunk, self._waiting = self._waiting[:count], self._waiting[count:]
        return chunk


def _tar(path: str) -> Ending:
    with open(path, "rb") as stream:
        for _ in TarStream(stream).members():
            pass
    return Ending(True, "the archive's end marker")


def _zip(path: str) -> Ending:
    from loadstone.wire.zipguard import read_index
    from loadstone.wire.zipread import chunks

    with open(path, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for member in read_index(data).members:
            if member.kind == "file":
                for _ in chunks(data, member):
                    pass
    return Ending(True, "the CRC of every member")


def _superblock_places(path: str) -> list[bytes]:
    """Return the eight bytes at each place where an HDF5 file may begin: 0, 512, 1024, 2048, ..."""
    size = os.path.getsize(path)
    places = [0, *(512 << shift for shift in range(12))]
    with open(path, "rb") as stream:
        return [_at(stream, place, 8) for place in places if place < size]


def _at(stream: IO[bytes], place: int, count: int) -> bytes:
    stream.seek(place)
    return stream.read(count)


def _hdf5(path: str) -> Ending:
    """Compare the end-of-file address of the superblock with the file's length (HDF5 specification, section II.A)."""
    with open(path, "rb") as stream:
        base = next(place for place in (0, *(512 << n for n in range(12))) if _at(stream, place, 8) == HDF5)
        block = _at(stream, base, 64)
    version, offset_bytes = block[8], block[13] if block[8] < 2 else block[9]
    start = {0: 24, 1: 28, 2: 12, 3: 12}.get(version)
    if start is None or offset_bytes != 8 or len(block) < 64:
        return Ending(None)
    end = base + struct.unpack_from("<Q", block, start + 2 * offset_bytes)[0]
    size = os.path.getsize(path)
    if size < end:
        return Ending(False, reason=f"its superblock says {end:,} bytes, {size:,} are here")
    return Ending(True, "the length that the HDF5 superblock states")


def _model(path: str) -> Ending:
    """Ask the reader of the format, which knows what the file must hold."""
    from loadstone.errors import FormatError
    from loadstone.formats.registry import open_source

    try:
        model = open_source(path)
    except FormatError as error:
        return Ending(False, reason=str(error))
    except LoadstoneError:
        return Ending(None)
    if model.format in CLOSED and model.complete:
        return Ending(True, f"the structure of a {model.format}")
    return Ending(None)
