"""A full disk, a place that may not be written to, and a cache that may only be read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadstone.fetch import shelf
from tests.fetch.server import FaultServer
from tests.fetch.support import Command, archive, run_process, sha256, weights_of


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB; needs the right to mount."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if os.name != "posix" or not shutil.which("mount") or subprocess.run(words, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("scenario", ["clean", "chunked_ok"])
def test_a_file_larger_than_the_disk(scenario: str, small_disk: Path) -> None:
    payload = os.urandom(12_000_000)
    with FaultServer(payload, scenario, name="model.bin") as server:
        ran = run_process(small_disk / "cache", "get", f"{server.url}@sha256:{sha256(payload)}")
        assert ran.code == 5
        assert "the disk is full" in ran.err
        assert "bytes free" in ran.err
        assert "Traceback" not in ran.err
        if scenario == "clean":
            # The length was announced, so nothing was written before it was refused.
            assert "12,000,000 bytes" in ran.err
            assert not list((small_disk / "cache" / "partial").iterdir())
        server.heal()
        server.payload = archive(100_000)
        assert run_process(small_disk / "cache", "get", f"{server.url}?other").code in (0, 5)
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        server.payload = payload
        again = run_process(small_disk / "cache", "get", f"{server.url}@sha256:{sha256(payload)}")
        assert again.code == 0, again.err
        assert again.path.read_bytes() == payload


def test_no_room_to_unpack(small_disk: Path) -> None:
    payload = archive(4_000_000)
    with FaultServer(payload) as server:
        ran = run_process(small_disk / "cache", "get", server.url)
        assert ran.code == 5
        assert "the disk is full" in ran.err
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        again = run_process(small_disk / "cache", "get", server.url)
        assert again.code == 0, again.err
        assert (again.path / "weights.bin").read_bytes() == weights_of(payload)
        assert server.sent <= 1.02 * len(payload)


def test_a_place_that_may_not_be_written(command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_more: object, **_given: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    with FaultServer(payload) as server:
        monkeypatch.setattr(os, "makedirs", refuse)
        ran = command("get", server.url)
    assert ran.code == 5
    assert "may not be written" in ran.err
    assert "LOADSTONE_HOME" in ran.err
    assert server.requests == []


def test_a_cache_that_may_only_be_read(
    command: Command, payload: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with FaultServer(payload) as server:
        first = command("get", server.url)
    # A copy has other inodes, so its stamps disagree and its hashes decide; the stamps cannot be renewed.
    copied = tmp_path / "copied"
    shutil.copytree(command.home, copied)
    monkeypatch.setenv("LOADSTONE_HOME", str(copied))
    _forbid_writing(monkeypatch)
    second = command("get", server.url)
    assert second.code == 0, second.err
    assert second.path == copied / first.path.relative_to(command.home)
    assert shelf.everything()[0].changed


def _forbid_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    from loadstone.fetch import store

    def refuse(path: str, _record: object) -> None:
        raise OSError(30, "Read-only file system", path)

    monkeypatch.setattr(store, "write_json", refuse)
