"""gzip, bzip2 and xz around a whole file, unpacked as a stream in bounded memory.

What it is: a forward reader over a buffer; several compressed members may follow each other. What it is not: random
access. What comes out is counted against what went in, so a bomb ends in `LimitError` early.
Specifications: RFC 1952 (gzip), the bzip2 and xz file formats; the unpackers are Python's own.
"""

from __future__ import annotations

import zlib
from typing import Any

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import FREE_BYTES, KIB, MIB, SPOOLED_RATIO, shown
from loadstone.wire.protobuf import Buffer

_STEP = 64 * KIB
_XZ_MEMORY = 128 * MIB
"""What the xz unpacker may take for its dictionary; `xz -9` needs 65 MiB."""

KINDS = ((b"\x1f\x8b\x08", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))


def compression(head: bytes) -> str:
    """Return `gzip`, `bzip2` or `xz`, or "" for none of them."""
    return next((name for magic, name in KINDS if head.startswith(magic)), "")


class Unpacked:
    """What a compressed buffer unpacks to. `given` counts the bytes given out, `taken` the packed ones read."""

    def __init__(self, data: Buffer, kind: str) -> None:
        self._data = data
        self._kind = kind
        self._engine = _engine(kind)
        self.taken = 0
        self.given = 0

    def read(self, count: int, /) -> bytes:
        """Return between one and `count` bytes; none at the end. Raises `TruncatedError` where the file is cut."""
        while not self._engine.eof or self._next_member():
            packed = self._packed()
            try:
                piece = bytes(self._engine.decompress(packed, count))
            except (zlib.error, OSError, EOFError, _lzma_error()) as error:
                raise FormatError(
                    f"the {self._kind} data are broken", where=f"byte {self.taken:,}", found=str(error)
                ) from error
            if piece:
                self._count(piece)
                return piece
            if not packed and not self._engine.eof and self.taken >= len(self._data):
                raise TruncatedError(
                    f"the {self._kind} stream is cut short",
                    where=f"byte {self.taken:,}",
                    found=f"{shown(self.given)} unpacked",
                    help="fetch the file again",
                )
        return b""

    def _packed(self) -> bytes:
        """Return what the engine has not used yet, else the next piece of the file."""
        if rest := getattr(self._engine, "unconsumed_tail", b""):
            return bytes(rest)
        if not getattr(self._engine, "needs_input", True):
            return b""
        piece = bytes(self._data[self.taken : self.taken + _STEP])
        self.taken += len(piece)
        return piece

    def _next_member(self) -> bool:
        """Start the unpacker anew where another member follows; zeros at the end are padding."""
        at = self.taken - len(self._engine.unused_data)
        if compression(bytes(self._data[at : at + 6])) != self._kind:
            return False
        self.taken = at
        self._engine = _engine(self._kind)
        return True

    def _count(self, piece: bytes) -> None:
        self.given += len(piece)
        if self.given > FREE_BYTES + self.taken * SPOOLED_RATIO:
            raise LimitError(
                f"the {self._kind} data unpack to more than is read",
                where=f"byte {self.taken:,}",
                expected=f"at most {SPOOLED_RATIO} times {shown(self.taken)}",
                found=f"{shown(self.given)} so far",
            )


def _engine(kind: str) -> Any:
    if kind == "gzip":
        return zlib.decompressobj(31)
    if kind == "bzip2":
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def _lzma_error() -> type[Exception]:
    import lzma

    return lzma.LZMAError
