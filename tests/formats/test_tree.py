"""The members of a zip as a tree, beside a folder on disk."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

from loadstone.errors import ChecksumError, FormatError, LimitError, SourceError
from loadstone.formats.trees import archive_tree
from loadstone.formats.trees.archive_tree import ZipTree
from loadstone.formats.trees.tree import DiskTree
from tests.support.zips import patched, with_link, zipped

FILES = [("m/saved_model.pb", b"\x08\x01" * 9), ("m/variables/variables.index", b"idx"), ("top.txt", b"t" * 5000)]


@pytest.mark.parametrize("deflate", [False, True])
def test_a_zip_is_seen_like_the_folder_it_was_made_of(tmp_path: Path, deflate: bool) -> None:
    for name, content in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    disk, packed = DiskTree(tmp_path), ZipTree(zipped(FILES, deflate=deflate), "x.zip")
    assert packed.sizes == disk.sizes
    for name, content in FILES:
        assert packed.size(name) == disk.size(name) == len(content)
        assert packed.read(name, 9999) == disk.read(name, 9999) == content
        assert packed.head(name, 7) == disk.head(name, 7)
        assert bytes(packed.view(name)) == bytes(disk.view(name)) == content
        packed.verify(name)
    for folder in ("", "m", "m/variables"):
        assert packed.listing(folder) == disk.listing(folder)
    assert packed.size("m") is None


def test_a_zip_in_a_folder_is_opened_through_its_tree(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped(FILES))
    tree = ZipTree.open(DiskTree(tmp_path), "a.zip")
    assert tree.where == f"{tmp_path}/a.zip"
    assert isinstance(tree.view("top.txt"), memoryview)


def test_names_that_leave_are_not_in_the_tree() -> None:
    tree = ZipTree(zipped([("../a", b""), ("b", b"")]), "x.zip")
    assert list(tree.sizes) == ["b"]
    assert list(tree.unsafe) == ["../a"]
    with pytest.raises(SourceError):
        tree.read("../a", 10)


def test_links_are_listed_and_not_followed() -> None:
    tree = ZipTree(with_link("weights", "/etc/passwd"), "x.zip")
    assert (dict(tree.sizes), dict(tree.links)) == ({}, {"weights": "/etc/passwd"})


def test_a_doubled_name_is_not_read() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        tree = ZipTree(zipped([("a", b"1"), ("a", b"2")]), "x.zip")
    for read in (tree.view, tree.head, tree.verify):
        with pytest.raises(FormatError, match="two readers would disagree"):
            read("a")


def test_a_large_deflated_member_is_spooled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_tree, "SPOOLED_BYTES", 1000)
    content = b"".join(bytes([i % 251]) * 3 for i in range(4000))
    view = ZipTree(zipped([("a", content)], deflate=True), "x.zip").view("a")
    assert isinstance(view, mmap.mmap)
    assert view[:] == content


def test_many_small_bombs_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_tree, "FREE_BYTES", 1000)
    bomb = ZipTree(zipped([(f"{i}", bytes(100_000)) for i in range(9)], deflate=True), "x.zip")
    with pytest.raises(LimitError, match="unpack to more than is looked at"):
        list(map(bomb.view, bomb.sizes))


def test_verify_tells_a_wrong_checksum() -> None:
    data = zipped([("a", b"hello")])
    tree = ZipTree(patched(data, data.index(b"hello"), b"jello"), "x.zip")
    assert bytes(tree.view("a")) == b"jello"
    with pytest.raises(ChecksumError, match="CRC-32"):
        tree.verify("a")
