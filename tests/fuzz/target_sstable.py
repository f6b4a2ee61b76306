"""Fuzz the table reader: the bytes as a file, and as the content of a block under a right checksum."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.wire.sstable import Table
from loadstone.wire.sstable_writer import write_table
from tests.support.tables import block, literals, sealed, with_index


def fuzz(data: bytes) -> None:
    for table in (data, sealed([data]), sealed([data], kind=1), with_index(data, data)):
        try:
            for key, _ in (opened := Table(table)):
                opened.get(key)
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    yield write_table([(b"", b"\x08\x01"), (b"a/kernel", b"\x08\x01"), (b"a/kernels", bytes(40))])
    yield block([(0, b"", b"\x08\x01"), (0, b"abc", b"12345"), (3, b"d", b"")])
    yield literals(block([(0, b"key", bytes(70))]))
