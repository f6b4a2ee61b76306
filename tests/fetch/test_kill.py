"""`kill -9` at every write, sync, rename and removal, and at random moments.

After each kill nothing stands under a final name that is not whole and right; the next run succeeds with nothing
cleaned by hand, leaves nothing over, and does not pay for the file again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadstone.fetch import shelf, store
from tests.fetch.server import FaultServer
from tests.fetch.support import Command, archive, environment, weights_of

ALL = os.environ.get("LOADSTONE_TORTURE") == "1"
"""Every boundary and fifty moments; otherwise a sample of them."""

REPOSITORY = Path(__file__).resolve().parents[2]


class Killer:
    """The forking helper process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fetch.killer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=REPOSITORY,
        )

    def run(self, home: Path, boundary: int, *words: str, full: bool = False) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        order = {"environment": environment(home), "words": list(words), "boundary": boundary, "full": full}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        self.process.wait(10)


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    helper = Killer()
    yield helper
    helper.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("hashed", [True, False], ids=["hash", "no-hash"])
def test_kill_at_every_boundary(
    hashed: bool, killer: Killer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payload = archive(700_000)
    with FaultServer(payload) as server:
        source = f"{server.url}@sha256:{_sha256(payload)}" if hashed else server.url
        total = killer.run(tmp_path / "count", 0, "get", source)
        assert total["status"] == 0
        assert total["boundaries"] > 30
        for boundary in range(1, total["boundaries"] + 1, 1 if ALL else 9):
            home = tmp_path / str(boundary)
            killed = killer.run(home, boundary, "get", source)
            assert killed["status"] in (-signal.SIGKILL, 0), boundary
            monkeypatch.setenv("LOADSTONE_HOME", str(home))
            _assert_nothing_wrong()
            have, before = _bytes_here(home), len(server.requests)
            again = Command(home, capsys)("get", source)
            assert again.code == 0, (boundary, again.err)
            assert (again.path / "weights.bin").read_bytes() == weights_of(payload)
            assert _asked_from(server, before) >= have, boundary
            _assert_nothing_wrong()
            _assert_nothing_left(home)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_full_disk_at_every_boundary(
    killer: Killer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payload = archive(700_000)
    with FaultServer(payload) as server:
        total = killer.run(tmp_path / "count", 0, "get", server.url)["boundaries"]
        for boundary in range(1, total + 1, 1 if ALL else 9):
            home = tmp_path / str(boundary)
            failed = killer.run(home, boundary, "get", server.url, full=True)
            # What only tidies up may fail unheard.
            assert failed["status"] in (0, 5), boundary
            monkeypatch.setenv("LOADSTONE_HOME", str(home))
            _assert_nothing_wrong()
            again = Command(home, capsys)("get", server.url)
            assert again.code == 0, (boundary, again.err)
            assert (again.path / "weights.bin").read_bytes() == weights_of(payload)


def _bytes_here(home: Path) -> int:
    """Return how many bytes of the file a killed run left, where its journal says of which file."""
    journals = [path for path in (home / "partial").glob("*.journal") if b"\n" in path.read_bytes()]
    return sum(path.with_suffix("").stat().st_size for path in journals if path.with_suffix("").exists())


def _asked_from(server: FaultServer, before: int) -> int:
    """Return from which byte on the next run asked for the file; its end if it asked for nothing."""
    asked = [request.headers.get("range", "bytes=0-") for request in server.requests[before:]]
    return min((int(words[6:].partition("-")[0]) for words in asked), default=len(server.payload))


def _sha256(payload: bytes) -> str:
    import hashlib

    return hashlib.sha256(payload).hexdigest()


def _assert_nothing_wrong() -> None:
    """Whatever stands under a final name is whole, by its own manifest's hashes."""
    objects = Path(shelf.place("objects"))
    for found in objects.iterdir() if objects.is_dir() else ():
        if not found.name.startswith(".new-"):
            assert store.damaged_files(found.name) == []
    for kept in shelf.everything():
        assert Path(kept.path).exists()


def _assert_nothing_left(home: Path) -> None:
    assert list((home / "partial").iterdir()) == []
    assert [found.name for found in (home / "objects").iterdir() if found.name.startswith(".new-")] == []


@pytest.mark.parametrize("seed", range(50 if ALL else 3))
def test_kill_at_a_random_moment(seed: int, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    payload = archive(400_000, seed=seed)
    with FaultServer(payload, "drip") as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "loadstone", "get", server.url],
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not server.requests and process.poll() is None:
            time.sleep(0.005)
        time.sleep(random.Random(seed).uniform(0, 0.4))
        process.kill()
        process.wait()
        _assert_nothing_wrong()
        have, before = _bytes_here(home), len(server.requests)
        again = Command(home, capsys)("get", server.url)
        assert again.code == 0, again.err
        assert (again.path / "weights.bin").read_bytes() == weights_of(payload)
        assert _asked_from(server, before) >= have
