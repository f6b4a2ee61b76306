"""Sorted-string tables around arbitrary bytes: right checksums, wrong content, so that damage reaches past them."""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.wire.crc32c import crc32c, masked
from loadstone.wire.protobuf_writer import varint
from loadstone.wire.sstable import FOOTER_BYTES, MAGIC


def block(entries: Sequence[tuple[int, bytes, bytes]]) -> bytes:
    """Return a block's content from (shared key bytes, further key bytes, value) rows, with one restart point."""
    rows = [varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value for shared, rest, value in entries]
    return b"".join(rows) + bytes(4) + (1).to_bytes(4, "little")


def trailer(content: bytes, kind: int = 0) -> bytes:
    """Return the five bytes behind a block, with the right checksum."""
    return bytes([kind]) + masked(crc32c(bytes([kind]), value=crc32c(content))).to_bytes(4, "little")


def sealed(contents: Sequence[bytes], kind: int = 0) -> bytes:
    """Return a table of blocks with exactly these bytes, each under its own checksum; keys below FF are found."""
    out = bytearray()
    rows = []
    for number, content in enumerate(contents):
        rows.append((0, b"\xff" + number.to_bytes(4, "big"), varint(len(out)) + varint(len(content))))
        out += content + trailer(content, kind)
    return with_index(bytes(out), block(rows))


def with_index(blocks: bytes, index: bytes) -> bytes:
    """Return a table of these blocks whose index block holds exactly these bytes."""
    handles = varint(0) + varint(0) + varint(len(blocks)) + varint(len(index))
    return blocks + index + trailer(index) + handles.ljust(FOOTER_BYTES - len(MAGIC), b"\x00") + MAGIC


def literals(data: bytes) -> bytes:
    """Return `data` as a snappy block of literals only."""
    pieces = (data[at : at + 60] for at in range(0, len(data), 60))
    return varint(len(data)) + b"".join(bytes([(len(piece) - 1) << 2]) + piece for piece in pieces)
