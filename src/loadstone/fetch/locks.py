"""One process at a time per target.

The lock is the operating system's own (through filelock), so it dies with its owner: nothing has to be cleaned up after
a crash. Lock files stay; removing one while somebody waits for it would let two in.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from loadstone.fetch.causes import disk_error

ASK_SECONDS = 0.1


@contextlib.contextmanager
def locked(path: str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of one target; `on_wait` is called once if another process holds it."""
    import filelock

    lock = filelock.FileLock(path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if on_wait is not None:
                on_wait()
            lock.acquire(poll_interval=ASK_SECONDS)
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        yield
    finally:
        lock.release()
