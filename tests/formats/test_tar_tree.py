"""The members of a tar as a tree, packed and plain, against Python's tarfile."""

from __future__ import annotations

import io
import tarfile

import pytest

from loadstone.errors import LimitError, SourceError, TruncatedError
from loadstone.formats.trees import tar_tree
from loadstone.formats.trees.tar_tree import TarTree
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.tars import MODES, hostile, tarred

FILES = [("./m/saved_model.pb", b"\x08\x01" * 9), ("m/" + "d/" * 60 + "long.txt", b"x"), ("top.bin", b"t" * 9000)]


@pytest.mark.parametrize("packed", MODES)
def test_it_is_what_tarfile_reads(packed: str) -> None:
    data = tarred(FILES, packed)
    tree = TarTree(data, "x.tar")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        expected = {m.name.removeprefix("./"): archive.extractfile(m) for m in archive.getmembers()}
        contents = {name: stream.read() for name, stream in expected.items() if stream is not None}
    assert tree.broken is None
    assert dict(tree.sizes) == {name: len(content) for name, content in contents.items()}
    for name, content in contents.items():
        assert bytes(tree.view(name)) == tree.read(name, 9999) == content
        assert tree.head(name, 7) == content[:7]
    assert dict(tree.listing("m")) == {"m/saved_model.pb": 18}


@pytest.mark.parametrize("packed", MODES)
def test_a_member_that_is_not_kept_is_read_by_a_second_pass(packed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_tree, "KEPT_BYTES", 10)
    tree = TarTree(tarred(FILES, packed), "x.tar")
    assert tree.head("top.bin") == b"t" * 4096
    assert tree.head("top.bin", 8000) == b"t" * 8000
    assert bytes(tree.view("top.bin")) == b"t" * 9000
    with pytest.raises(LimitError, match="longer than is read"):
        tree.read("top.bin", 100)


def test_only_regular_files_with_safe_names_are_in_the_tree() -> None:
    tree = TarTree(hostile("gzip"), "x.tar.gz")
    assert list(tree.sizes) == ["fine.txt"]
    assert dict(tree.links) == {"link": "/etc/passwd", "hard": "../../etc/passwd"}
    assert set(tree.unsafe) == {"../outside", "/absolute"}
    assert set(tree.others) == {"device", "pipe"}
    with pytest.raises(SourceError):
        tree.view("link")


def test_of_two_members_with_one_name_the_last_counts_and_it_is_said() -> None:
    tree = TarTree(tarred([("a", b"1"), ("a", b"22")]), "x.tar")
    assert (tree.read("a", 9), tree.twice) == (b"22", {"a"})


@pytest.mark.parametrize("packed", MODES)
def test_a_cut_archive_keeps_what_came_before(packed: str) -> None:
    data = tarred([("first", b"1" * 2000), ("second", bytes(range(256)) * 4000)], packed)
    tree = TarTree(data[: int(len(data) * 0.9)], "x.tar")
    assert isinstance(tree.broken, TruncatedError)
    if packed != "bzip2":  # One block of bzip2 holds both members.
        assert list(tree.sizes) == ["first"]


def test_broken_tars_end_in_an_error_or_a_value() -> None:
    def touch(data: bytes) -> None:
        tree = TarTree(data, "x.tar")
        for name in tree.sizes:
            tree.view(name)

    for packed in ("", "gzip"):
        data = tarred(FILES, packed)
        for broken in (*truncations(data, 64, at_most=200), *bit_flips(data, 150), *inflated(data, 150)):
            survives(touch, broken)
