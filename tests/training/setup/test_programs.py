"""Where JAX keeps what it compiles."""

from __future__ import annotations

import os
from pathlib import Path

import filelock
import pytest

from loadstone.settings import home
from loadstone.training.setup import programs


@pytest.fixture(autouse=True)
def _own_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("JAX_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", {**os.environ, "LOADSTONE_HOME": str(tmp_path / "home")})


def test_each_processor_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code for one processor ends another in an illegal instruction."""
    found = set()
    for flags in (frozenset({"avx", "avx512f"}), frozenset({"avx"}), None):
        monkeypatch.setattr(programs, "cpu_flags", lambda flags=flags: flags)
        os.environ.pop(programs.FOLDER, None)
        programs.keep_programs()
        found.add(os.environ[programs.FOLDER])
    assert len(found) == 3
    assert all(folder.startswith(home()) for folder in found)


def test_what_the_user_said_stays() -> None:
    """Neither folder nor limits of theirs are touched."""
    os.environ[programs.FOLDER] = "/theirs"
    programs.keep_programs()
    assert {name: value for name, value in os.environ.items() if name.startswith("JAX_")} == {
        programs.FOLDER: "/theirs"
    }


def test_what_a_dead_process_left_goes() -> None:
    """JAX never replaces an entry that is there, and warns at each start of one that it cannot read."""
    programs.keep_programs()
    folder = Path(os.environ.pop(programs.FOLDER))
    for name in ("whole-cache", "whole-atime", "half-cache"):
        (folder / name).write_bytes(b"12345678")
    programs.keep_programs()
    assert {path.name for path in folder.glob("*-*")} == {"whole-cache", "whole-atime"}


def test_what_another_training_writes_just_now_stays() -> None:
    """Between a program and the note of its use JAX holds the folder's lock."""
    programs.keep_programs()
    folder = Path(os.environ.pop(programs.FOLDER))
    (folder / "half-cache").write_bytes(b"12345678")
    with filelock.FileLock(folder / ".lockfile"):
        programs.keep_programs()
    assert (folder / "half-cache").exists()


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    """JAX would warn at its first program, and keep none."""
    (tmp_path / "home").write_bytes(b"")
    programs.keep_programs()
    assert programs.FOLDER not in os.environ
