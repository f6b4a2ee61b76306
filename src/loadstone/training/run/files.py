"""Files of a run folder: each appears whole or not at all, and what was there before stays until then."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from loadstone.errors import SourceError

FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the operating system says where there is no room."""


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Let `write` fill a new file, and give it the name once its bytes are on the disk.

    Raises `SourceError` where it cannot be written, a full disk above all; the file that had the name is untouched.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        try:
            with open(beside, "wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise unwritable(error, path) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, as `write_whole` does."""
    write_whole(path, lambda stream: stream.write(text.encode("utf-8")))


def unwritable(error: OSError, path: Path) -> SourceError:
    """Return the error for a file that cannot be written."""
    kept = "what was saved before is untouched" if path.exists() else "nothing has this name"
    if error.errno in FULL:
        return SourceError(
            f"the disk is full; {kept}",
            where=str(path),
            found=error.strerror or "",
            help="make room, then go on: loadstone train --resume " + str(path.parent),
        )
    return SourceError(f"the file cannot be written: {error.strerror or error}; {kept}", where=str(path))


def _sync_folder(folder: Path) -> None:
    """Let a rename last through a loss of power; systems without folders to open do it by themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
