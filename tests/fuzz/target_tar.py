"""Fuzz the tar reader, plain and packed: listing, heads and contents."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.trees.tar_tree import TarTree
from tests.support.tars import MODES, hostile, tarred


def fuzz(data: bytes) -> None:
    tree = TarTree(data, "x.tar")
    for name in tree.sizes:
        try:
            tree.head(name)
            tree.view(name)
        except LoadstoneError:
            continue


def seeds() -> Iterator[bytes]:
    for packed in MODES:
        yield tarred([("m/saved_model.pb", b"\x08\x01" * 9), ("top.bin", b"t" * 900)], packed)
    yield hostile()
