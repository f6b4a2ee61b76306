"""Fuzz the snappy decompressor."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.wire.protobuf_writer import varint
from loadstone.wire.snappy import decompress
from tests.support.tables import literals


def fuzz(data: bytes) -> None:
    try:
        decompress(data)
    except LoadstoneError:
        return


def seeds() -> Iterator[bytes]:
    yield literals(b"model/kernel" * 20)
    yield varint(66) + b"\x04ab" + bytes([(63 << 2) | 2, 2, 0])
    yield varint(17) + b"\x08abc" + bytes([(9 << 2) | 3, 3, 0, 0, 0]) + bytes([1, 1])
