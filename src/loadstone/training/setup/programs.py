"""What JAX compiles for a training is kept in the cache, so that another start of it need not compile again.

What it is not: a cache of ours. JAX names each program by a hash of its operations, its compiler's version, flags and
devices, and takes up only what it finds under that name. `JAX_COMPILATION_CACHE_DIR`, where it is set, goes first.
Source: https://docs.jax.dev/en/latest/persistent_compilation_cache.html
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from loadstone.environment.cpu import cpu_flags
from loadstone.settings import home

FOLDER = "JAX_COMPILATION_CACHE_DIR"
"""JAX's own variable, read when JAX is imported."""

MOST_BYTES = 1 << 28
"""A detector's step takes 1.5 MB, its hundred small programs as much again: a hundred detectors; the oldest go."""


def keep_programs() -> None:
    """Say where JAX is to keep its programs, before anything imports it; nothing where its user said it already.

    Nor where the folder cannot be made: then JAX compiles at every start.
    """
    if FOLDER in os.environ:
        return
    # A program is this processor's machine code, and a home folder may be shared with machines that have another.
    flags = " ".join(sorted(cpu_flags() or ()))
    folder = Path(home()) / "programs" / f"jax-{zlib.crc32(flags.encode()):08x}"
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

    JAX notes the time of use in a file beside the program once that is written (jax/_src/lru_cache.py).
    """
    for program in folder.glob("*-cache"):
        if not program.with_name(program.name.removesuffix("-cache") + "-atime").exists():
            program.unlink(missing_ok=True)
