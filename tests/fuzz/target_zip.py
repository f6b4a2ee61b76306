"""Fuzz the zip reader: index, links, every member's head, view and checksum."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.errors import LoadstoneError
from loadstone.formats.trees.archive_tree import ZipTree
from tests.support.zips import with_link, zipped


def fuzz(data: bytes) -> None:
    try:
        tree = ZipTree(data, "x.zip")
    except LoadstoneError:
        return
    _ = dict(tree.links), dict(tree.unsafe)
    for name in tree.sizes:
        for read in (tree.head, tree.view, tree.verify):
            try:
                read(name)
            except LoadstoneError:
                continue


def seeds() -> Iterator[bytes]:
    members = [("config.json", b"{}" * 40), ("a/weights.h5", b"\x89HDF" + bytes(500))]
    yield zipped(members)
    yield zipped(members, deflate=True)
    yield with_link("weights", "/etc/passwd")
