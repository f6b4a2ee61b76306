"""Compressed TFRecord files: gzip and zlib around the whole file, unpacked as a stream.

What it is: a stream over a buffer that never holds more than one piece. What it is not: random access.
"""

from __future__ import annotations

import io
import zlib

from loadstone.errors import FormatError, TruncatedError
from loadstone.wire.limits import MIB
from loadstone.wire.protobuf import Buffer

GZIP, ZLIB = "gzip", "zlib"

_PIECE = 64 * 1024
_UNPACKED_PIECE = MIB
_EITHER = 32 + zlib.MAX_WBITS
"""zlib's own number for "gzip or zlib, as the header says"."""


def compression_of(head: bytes) -> str:
    """Return `gzip`, `zlib`, or "" for neither."""
    if head.startswith(b"\x1f\x8b\x08"):
        return GZIP
    zlib_header = (
        len(head) >= 2 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and int.from_bytes(head[:2], "big") % 31 == 0
    )
    return ZLIB if zlib_header else ""


def unpacked_head(head: bytes, count: int = 64) -> bytes:
    """Return the first bytes of what `head` unpacks to; empty where it is not compressed."""
    if not compression_of(head):
        return b""
    try:
        return zlib.decompressobj(_EITHER).decompress(head, count)
    except zlib.error:
        return b""


def unpacked(data: Buffer) -> io.BufferedReader:
    """Return a stream of what a buffer unpacks to; several gzip members follow each other."""
    return io.BufferedReader(_Unpacker(data), _UNPACKED_PIECE)


class _Unpacker(io.RawIOBase):
    """Unpacks a piece at a time."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._at = 0
        self._engine = zlib.decompressobj(_EITHER)

    def readable(self) -> bool:
        return True

    def readinto(self, target: Buffer) -> int:  # type: ignore[override]
        piece = self._next(len(target))
        memoryview(target)[: len(piece)] = piece
        return len(piece)

    def _next(self, count: int) -> bytes:
        """Return between one and `count` bytes, none at the end."""
        while True:
            packed = self._engine.unconsumed_tail or self._feed()
            if not packed:
                return self._finish(count)
            try:
                piece = self._engine.decompress(packed, count)
            except zlib.error as error:
                raise FormatError(
                    "the compressed data is broken", where=f"byte {self._at:,}", found=str(error)
                ) from error
            if piece:
                return piece

    def _feed(self) -> bytes:
        """Return the next packed piece; a finished member makes way for the next."""
        if self._engine.eof:
            rest = self._engine.unused_data
            self._at -= len(rest)
            if self._at >= len(self._data):
                return b""
            self._engine = zlib.decompressobj(_EITHER)
        piece = bytes(self._data[self._at : self._at + _PIECE])
        self._at += len(piece)
        return piece

    def _finish(self, count: int) -> bytes:
        """Return what the engine still holds when no packed bytes are left."""
        piece = b"" if self._engine.eof else self._engine.decompress(b"", count)
        if not piece and not self._engine.eof:
            raise TruncatedError("the compressed data ends early", where=f"byte {self._at:,}")
        return piece
