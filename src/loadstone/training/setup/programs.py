"""What JAX compiles for a training is kept in the cache, so that another start of it need not compile again.

What it is not: a cache of ours. JAX names each program by a hash of its operations, its compiler's version, flags and
devices, and takes up only what it finds under that name. `JAX_COMPILATION_CACHE_DIR`, where it is set, goes first.
Source: https://docs.jax.dev/en/latest/persistent_compilation_cache.html
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

import filelock

from loadstone.environment.cpu import cpu_flags
from loadstone.settings import home

FOLDER = "JAX_COMPILATION_CACHE_DIR"
"""JAX's own variable, read when JAX is imported."""

MOST_BYTES = 1 << 28
"""A detector's step takes 1.5 MB, its hundred small programs as much again: a hundred detectors; the oldest go."""


def programs() -> Path:
    """Return the folder of the programs, one folder within it a processor."""
    return Path(home()) / "programs"


def everything() -> list[Path]:
    """Return the file of every program that is kept. JAX notes its last use in a file beside it, which is none."""
    return sorted(programs().glob("*/*-cache"))


def forget(program: Path) -> bool:
    """Remove a program and the note of its last use; return False where another process is at its folder just now."""
    try:
        with _lock(program.parent):
            program.unlink(missing_ok=True)
            _note_of(program).unlink(missing_ok=True)
    except filelock.Timeout:
        return False
    return True


def last_use(program: Path) -> float:
    """Return when a program was last used, in seconds since 1970."""
    note = _note_of(program)
    return (note if note.exists() else program).stat().st_mtime


def _note_of(program: Path) -> Path:
    return program.with_name(program.name.removesuffix("-cache") + "-atime")


def keep_programs() -> None:
    """Say where JAX is to keep its programs, before anything imports it; nothing where its user said it already.

    Nor where the folder cannot be made: then JAX compiles at every start.
    """
    if FOLDER in os.environ:
        return
    # A program is this processor's machine code, and a home folder may be shared with machines that have another.
    flags = " ".join(sorted(cpu_flags() or ()))
    folder = programs() / f"jax-{zlib.crc32(flags.encode()):08x}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _drop_unfinished(folder)
    except OSError:
        return
    os.environ[FOLDER] = str(folder)
    os.environ.setdefault("JAX_COMPILATION_CACHE_MAX_SIZE", str(MOST_BYTES))
    # A hundred programs of one operation each together take a second of a start, and none takes JAX's limit of one.
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


def _drop_unfinished(folder: Path) -> None:
    """Remove what a process that died left half-written: JAX would warn of it at each start, and never replace it.

    JAX notes the time of use in a file beside the program once that is written (jax/_src/lru_cache.py), both under the
    folder's lock; where another training holds that just now, it is not waited for.
    """
    with suppress(filelock.Timeout), _lock(folder):
        for program in folder.glob("*-cache"):
            if not _note_of(program).exists():
                program.unlink(missing_ok=True)


def _lock(folder: Path) -> filelock.BaseFileLock:
    """Return the lock under which JAX reads and writes the folder, not to be waited for."""
    return filelock.FileLock(folder / ".lockfile", timeout=0)
