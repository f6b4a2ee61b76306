"""What the tests of the fetch room share: payloads, and the command run as a user runs it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loadstone.cli import main

QUICK = {
    "LOADSTONE_STALL_SECONDS": "0.4",
    "LOADSTONE_CONNECT_SECONDS": "2",
    "LOADSTONE_RETRY_SECONDS": "0.01",
}
"""Limits under which a test does not wait."""

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def archive(size: int = 300_000, seed: int = 0, name: str = "model") -> bytes:
    """Return a `.tar.gz` with one root folder and about `size` bytes that do not compress."""
    content = random.Random(seed).randbytes(size)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for member, data in ((f"{name}/weights.bin", content), (f"{name}/pipeline.config", b"model {}\n")):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), 1, mtime=0)


def sha256(data: bytes) -> str:
    """Return the hash in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def weights_of(payload: bytes) -> bytes:
    """Return what `model/weights.bin` of an archive holds."""
    with tarfile.open(fileobj=io.BytesIO(payload)) as tar:
        member = tar.extractfile("model/weights.bin")
        assert member is not None
        return member.read()


@dataclass
class Ran:
    """What one run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def path(self) -> Path:
        return Path(self.out.strip())

    @property
    def document(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@dataclass
class Command:
    """The command in this process, with its own home."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Ran:
        self.capture.readouterr()
        code = main(list(words))
        out, err = self.capture.readouterr()
        return Ran(code, out, err)

    def everything(self) -> dict[str, bytes]:
        """Return every file of the cache's objects."""
        root = self.home / "objects"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment for the command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    return {**kept, **QUICK, "LOADSTONE_HOME": str(home), "HOME": str(home), "NO_PROXY": "", **more}


def run_process(home: Path, *words: str, timeout: float = 60, **more: str) -> Ran:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "loadstone", *words],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
