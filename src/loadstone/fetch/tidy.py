"""Making room: leftovers that nothing means any more, and what the user wants gone.

Every removal holds the lock of what it removes, so that nothing is taken from under a running transfer.
Pins are kept: they are what recognises a changed file when it is fetched again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from loadstone.errors import SourceError
from loadstone.fetch import shelf

if TYPE_CHECKING:
    from loadstone.fetch.shelf import Kept

DAY = 86_400


class Leftover(NamedTuple):
    """A file or folder of the cache that can go, why, and whose lock guards it (empty: none)."""

    path: str
    what: str
    size: int
    guard: str = ""


def leftovers(days: float) -> list[Leftover]:
    """Return everything that no name means: old partial files, unfinished and unnamed objects, what was put aside."""
    return [*_partials(days), *_objects(), *_aside(), *_half_written()]


def _partials(days: float) -> Iterator[Leftover]:
    before = time.time() - days * DAY
    for name in _names("partial"):
        path = shelf.place("partial", name)
        if name.endswith(".part") and os.path.getmtime(path) < before:
            yield Leftover(path, "partial", size_of(path), name.removesuffix(".part"))


def _objects() -> Iterator[Leftover]:
    named = {kept.key for kept in shelf.everything()}
    for name in _names("objects"):
        path = shelf.place("objects", name)
        if name.startswith(".new-"):
            yield Leftover(path, "unfinished", size_of(path), name.removeprefix(".new-"))
        elif name not in named:
            yield Leftover(path, "unnamed", size_of(path))


def _aside() -> Iterator[Leftover]:
    for name in _names("aside"):
        yield Leftover(shelf.place("aside", name), "damaged", size_of(shelf.place("aside", name)))


def _half_written() -> Iterator[Leftover]:
    """Yield records that a crash left before their rename."""
    for kind in ("names", "pins", "typed"):
        for name in _names(kind):
            if name.endswith(".new"):
                yield Leftover(shelf.place(kind, name), "half-written", size_of(shelf.place(kind, name)))


def _names(kind: str) -> list[str]:
    try:
        return sorted(os.listdir(shelf.place(kind)))
    except OSError:
        return []


def size_of(path: str) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.lstat(os.path.join(place, name)).st_size for place, _, names in os.walk(path) for name in names)


def bytes_of(kept: Kept) -> int:
    """Return how much room one download takes."""
    return size_of(shelf.place("objects", kept.key))


def remove(item: Leftover) -> bool:
    """Remove a leftover; return False if it is in use."""
    with contextlib.ExitStack() as held:
        if item.guard and not _try_lock(item.guard, held):
            return False
        delete(item.path)
    return True


def _try_lock(guard: str, held: contextlib.ExitStack) -> bool:
    import filelock

    lock = filelock.FileLock(shelf.place("locks", f"{guard}.lock"))
    os.makedirs(shelf.place("locks"), exist_ok=True)
    try:
        held.enter_context(lock.acquire(timeout=0))
    except filelock.Timeout:
        return False
    return True


def delete(path: str) -> None:
    """Remove a file or folder; `LoadstoneError` of the disk where it cannot be."""
    from loadstone.fetch.causes import disk_error
    from loadstone.fetch.partial import remove_partial

    try:
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            remove_partial(path)
    except OSError as error:
        raise disk_error(error, path) from error


def forget(text: str, *, pin_too: bool) -> int:
    """Remove what a name means, if no other name means it too; return the bytes that this freed."""
    from loadstone.fetch.locks import locked
    from loadstone.fetch.source import parse

    source = parse(text)
    name = shelf.slug(source.id)
    with locked(shelf.place("locks", f"{name}.lock")):
        kept = shelf.find(source.id)
        if kept is None and not os.path.exists(shelf.place("pins", f"{name}.json")):
            raise SourceError(f"{source.id} is not here", help="loadstone cache list shows what is")
        for kind in ("names", *(("pins",) if pin_too else ())):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(shelf.place(kind, f"{name}.json"))
        if kept is None or any(other.key == kept.key for other in shelf.everything()):
            return 0
        freed = bytes_of(kept)
        # A rename first: a folder that is half removed must not look like an object.
        doomed = shelf.place("objects", f".new-{name}")
        shutil.rmtree(doomed, ignore_errors=True)
        os.rename(shelf.place("objects", kept.key), doomed)
        delete(doomed)
    return freed
