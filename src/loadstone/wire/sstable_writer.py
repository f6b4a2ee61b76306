"""Writes a sorted-string table, as `sstable` reads it.

What it is: blocks of about 4 KiB with shared prefixes, uncompressed, in memory: an index of a checkpoint is small.
What it is not: a sorter; entries come in order, as every table has them.
Specification: LevelDB's doc/table_format.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from loadstone.wire.crc32c import crc32c, masked
from loadstone.wire.protobuf_writer import varint
from loadstone.wire.sstable import FOOTER_BYTES, MAGIC, UNCOMPRESSED

BLOCK_BYTES = 4096
RESTART_INTERVAL = 16
"""Every sixteenth key is written whole, so that a reader may start there (LevelDB's default)."""


class _Block:
    """The entries of one block, and the offsets at which keys are whole."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._restarts = [0]
        self._since_restart = 0
        self.last_key = b""

    def __len__(self) -> int:
        return len(self._out)

    def add(self, key: bytes, value: bytes) -> None:
        if self._since_restart == RESTART_INTERVAL:
            self._restarts.append(len(self._out))
            self._since_restart = 0
        shared = _shared(self.last_key, key) if self._since_restart else 0
        self._out += b"".join((varint(shared), varint(len(key) - shared), varint(len(value)), key[shared:], value))
        self._since_restart += 1
        self.last_key = key

    def content(self) -> bytes:
        numbers = (*self._restarts, len(self._restarts))
        return bytes(self._out) + b"".join(number.to_bytes(4, "little") for number in numbers)


def write_table(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the table of `entries`, whose keys ascend and differ; anything else is our own mistake."""
    out = bytearray()
    index = _Block()
    block = _Block()
    previous: bytes | None = None
    for key, value in entries:
        if previous is not None and key <= previous:
            raise ValueError(f"the keys of a table ascend; {key!r} comes after {previous!r}")
        previous = key
        block.add(key, value)
        if len(block) >= BLOCK_BYTES:
            index.add(block.last_key, _append(out, block))
            block = _Block()
    if len(block):
        index.add(block.last_key, _append(out, block))
    handles = _append(out, _Block()) + _append(out, index)
    return bytes(out) + handles.ljust(FOOTER_BYTES - len(MAGIC), b"\x00") + MAGIC


def _append(out: bytearray, block: _Block) -> bytes:
    """Append a block with its trailer; returns its encoded handle."""
    content = block.content()
    handle = varint(len(out)) + varint(len(content))
    kind = bytes([UNCOMPRESSED])
    out += content + kind + masked(crc32c(kind, value=crc32c(content))).to_bytes(4, "little")
    return handle


def _shared(one: bytes, other: bytes) -> int:
    """Return the length of the prefix that two keys share."""
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
