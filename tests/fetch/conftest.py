"""Fixtures of the fetch room's tests."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.fetch.support import PROXIES, QUICK, Command, archive


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, a home without other tools' caches, limits that do not make a test wait, and no proxy."""
    root = tmp_path / "cache"
    monkeypatch.setenv("LOADSTONE_HOME", str(root))
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    return root


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of this room speaks to another machine, even by mistake."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):  # type: ignore[index]
            raise AssertionError(f"a test tried to reach {address}")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command, run in this process."""
    return Command(home, capsys)


@pytest.fixture(scope="session")
def payload() -> bytes:
    """An archive of a model, about 300 kB."""
    return archive()
