"""`loadstone cache list` and `prune` for what was made here: prepared networks and compiled programs."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from pathlib import Path

import filelock
import pytest

from loadstone.cli import main
from loadstone.runtime import cache
from loadstone.training.setup import programs
from tests.runtime.test_cache import PREPARED

OLD = time.time() - 40 * 86_400


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two prepared networks and two programs, one of each last used long ago."""
    monkeypatch.setenv("LOADSTONE_HOME", str(tmp_path))
    compiled = tmp_path / "programs" / "jax-0"
    compiled.mkdir(parents=True)
    for name in ("old", "new"):
        folder = cache.workplace()
        cache.write_files(folder, PREPARED)
        cache.keep(folder, name)
        (compiled / f"{name}-cache").write_bytes(b"program")
        (compiled / f"{name}-atime").write_bytes(b"8 bytes.")
    for old in (tmp_path / "plans" / "old", compiled / "old-atime"):
        os.utime(old, (OLD, OLD))
    return tmp_path


def _left() -> list[str]:
    return [path.name for path in (*cache.everything(), *programs.everything())]


def test_list_counts_what_was_made_here(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "list"]) == 0
    told = capsys.readouterr().err
    assert "in 2 prepared networks" in told
    assert "in 2 programs compiled by JAX" in told
    assert "environments" not in told
    assert main(["cache", "list", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["made"]
    assert made["compiled"] == {"count": 2, "on_disk": 14}
    assert made["prepared"]["on_disk"] == sum(
        path.stat().st_size for path in (home / "plans").rglob("*") if path.is_file()
    )


def test_prune_takes_only_what_was_not_used_for_long(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "prune"]) == 0
    assert main(["cache", "prune", "--unused", "30", "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert told.count("\n") == 2
    assert "prepared" in told
    assert "compiled" in told
    assert _left() == ["new", "old", "new-cache", "old-cache"]
    assert main(["cache", "prune", "--unused", "30"]) == 0
    assert _left() == ["new", "new-cache"]
    assert not (home / "programs" / "jax-0" / "old-atime").exists()


def test_an_age_below_nothing_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It would take what is used at this moment."""
    assert main(["cache", "prune", "--unused", "-1"]) == 2
    assert "--unused" in capsys.readouterr().err
    assert len(_left()) == 4


def test_a_network_that_is_opened_again_counts_as_used(home: Path) -> None:
    assert cache.find("old") is not None
    assert main(["cache", "prune", "--unused", "30"]) == 0
    assert _left() == ["new", "old", "new-cache"]


def test_what_another_process_is_at_stays_and_is_not_said_to_be_gone(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with filelock.FileLock(home / "programs" / "jax-0" / ".lockfile"):
        assert main(["cache", "prune", "--unused", "0"]) == 0
    assert _left() == ["new-cache", "old-cache"]
    assert "compiled" not in capsys.readouterr().out


def test_what_cannot_be_removed_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a plan in a folder that belongs to another user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "rmtree", _refused)
        assert main(["cache", "prune", "--unused", "30"]) != 0
    told = capsys.readouterr()
    assert str(home / "plans" / "old") in told.err
    assert "MB  removed" not in told.err


def _refused(path: str) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
