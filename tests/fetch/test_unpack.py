"""Archives: the good ones whole, the bad ones not at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from pathlib import Path

import pytest

from loadstone.errors import FormatError, LimitError, LoadstoneError, RefusedError
from loadstone.fetch import unpack as unpack_module
from loadstone.fetch.unpack import unpack
from loadstone.wire.tar import TarStream
from tests.fetch import hostile
from tests.fetch.server import FaultServer
from tests.fetch.support import Command, archive
from tests.support.hostile import bit_flips, survives, truncations


def _unpacked(data: bytes, tmp_path: Path) -> dict[str, bytes]:
    source, folder = tmp_path / "archive", tmp_path / "folder"
    source.write_bytes(data)
    folder.mkdir()
    unpack(str(source), str(folder))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "pack", [lambda data: data, gzip.compress, bz2.compress, lzma.compress], ids=["tar", "gz", "bz2", "xz"]
)
def test_good_tars(pack: object, tmp_path: Path) -> None:
    members = (("m/a.bin", os.urandom(5000)), ("m/empty", b""), ("m/sub/b.txt", b"b"))
    assert _unpacked(pack(hostile.tar(*members)), tmp_path) == dict(members)  # type: ignore[operator]


def test_good_zip(tmp_path: Path) -> None:
    members = (("m/a.bin", os.urandom(5000)), ("m/empty", b""), ("m/sub/b.txt", b"b"))
    assert _unpacked(hostile.zipped(*members), tmp_path) == dict(members)


@pytest.mark.parametrize("style", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_as_the_standard_library_writes_them(style: int, tmp_path: Path) -> None:
    name = "m/" + "long_" * 15 + "/" + "name_" * 16 + "ü.bin"
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=style) as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mode = 3, 0o755
        tar.addfile(info, io.BytesIO(b"abc"))
    assert _unpacked(raw.getvalue(), tmp_path) == {name: b"abc"}
    assert os.access(tmp_path / "folder" / name, os.X_OK)


def test_the_members_are_those_that_the_standard_library_sees() -> None:
    raw = gzip.decompress(archive(50_000))
    ours = [(member.name, member.size) for member in TarStream(io.BytesIO(raw)).members()]
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        assert ours == [(member.name, member.size) for member in tar.getmembers()]


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_hostile_archives_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        _unpacked(hostile.REFUSED[name], tmp_path)
    assert not (tmp_path / "evil").exists()


def test_a_bomb_stops_at_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "EXPANSION_RATIO", 10)
    bomb = hostile.packed(hostile.tar(("m/zeros", bytes(5_000_000))))
    with pytest.raises(LimitError, match="more than is written"):
        _unpacked(bomb, tmp_path)
    assert sum(path.stat().st_size for path in (tmp_path / "folder").rglob("*") if path.is_file()) < 5_000_000


def test_a_cut_archive_is_never_half_a_folder(command: Command) -> None:
    payload = archive(200_000)
    for cut in (1, 100, len(payload) // 2, len(payload) - 4):
        with FaultServer(payload[:cut]) as server:
            ran = command("get", server.url)
            assert ran.code == 5
            assert command.everything() == {}


@pytest.mark.parametrize("name", ["tar-leaves", "tar-symlink", "tar-case"])
def test_a_refused_archive_leaves_nothing(name: str, command: Command) -> None:
    with FaultServer(hostile.packed(hostile.REFUSED[name])) as server:
        ran = command("get", server.url)
        assert ran.code == 6
        assert ran.out == ""
        assert command.everything() == {}
        assert not list((command.home / "partial").iterdir())


@pytest.mark.parametrize("data", [hostile.tar(hostile.FILE), hostile.zipped(hostile.FILE)], ids=["tar", "zip"])
def test_mutations_end_in_a_value_or_an_explanation(data: bytes, tmp_path: Path) -> None:
    source = tmp_path / "archive"
    count = 0

    def read(broken: bytes) -> None:
        nonlocal count
        count += 1
        folder = tmp_path / str(count)
        folder.mkdir()
        source.write_bytes(broken)
        unpack(str(source), str(folder))

    for broken in truncations(data, every=512):
        survives(read, broken)
    for broken in bit_flips(data, count=60, seed=3):
        survives(read, broken)


def test_something_else_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(FormatError):
        _unpacked(b"<html>not an archive</html>" * 40, tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LoadstoneError):
        _unpacked(b"", tmp_path / "empty")
