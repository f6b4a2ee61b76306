"""Digests computed on the way, in a thread of their own, so that hashing and receiving overlap.

`hashlib` releases the interpreter lock for long updates, which is what makes the second thread worth having.
At times the thread also makes what it has hashed durable and reports a checkpoint: (offset, sha256 so far).
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Protocol

ALGORITHMS = ("sha256", "md5", "crc32c", "sha512", "sha1")
QUEUED_CHUNKS = 8
CHECKPOINT_SECONDS = 2.0
"""A crash of the machine costs at most what arrived since the last checkpoint; a crash of the process costs nothing."""


class Digest(Protocol):
    """What hashlib's objects and our CRC have in common."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class Crc32c:
    """CRC-32C with hashlib's face; its digest is the big-endian number, as servers print it."""

    def __init__(self) -> None:
        import google_crc32c

        self._checksum = google_crc32c.Checksum()

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""
        self._checksum.update(data)

    def hexdigest(self) -> str:
        """Return eight hexadecimal digits."""
        digest: bytes = self._checksum.digest()
        return digest.hex()


def new_digest(algorithm: str) -> Digest:
    """Return an empty digest; MD5 and SHA-1 guard against accidents only, so a restricted build may still use them."""
    return Crc32c() if algorithm == "crc32c" else hashlib.new(algorithm, usedforsecurity=False)


def hash_file(path: str, algorithms: Iterable[str] = ("sha256",)) -> dict[str, str]:
    """Return the digests of a file on disk."""
    digests = {name: new_digest(name) for name in algorithms}
    with open(path, "rb", buffering=0) as stream:
        while chunk := stream.read(1 << 20):
            for digest in digests.values():
                digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in digests.items()}


class Hasher:
    """Digests that are fed in order from one thread and computed in another.

    `on_checkpoint(offset, sha256)` is called from the hashing thread, not more often than every two seconds.
    """

    def __init__(
        self,
        algorithms: Iterable[str],
        on_checkpoint: Callable[[int, str], None] | None = None,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        self._digests = {name: new_digest(name) for name in {"sha256", *algorithms}}
        self._on_checkpoint = on_checkpoint
        self._every = checkpoint_seconds
        self._queue: queue.Queue[bytes | None] = queue.Queue(QUEUED_CHUNKS)
        self._hashed = 0
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="loadstone-hash", daemon=True)
        self._thread.start()

    @property
    def algorithms(self) -> frozenset[str]:
        """Which digests are computed; `sha256` always is."""
        return frozenset(self._digests)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; waits while the hashing thread is far behind."""
        self._raise()
        self._queue.put(chunk)

    def digests(self) -> dict[str, str]:
        """Return the digests of everything fed so far; more may be fed afterwards."""
        self._queue.join()
        self._raise()
        return {name: digest.hexdigest() for name, digest in self._digests.items()}

    def close(self) -> None:
        """End the thread; what was computed stays readable."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        last = time.monotonic()
        while (chunk := self._queue.get()) is not None:
            if self._error is None:
                for digest in self._digests.values():
                    digest.update(chunk)
                self._hashed += len(chunk)
                if time.monotonic() - last >= self._every:
                    self._checkpoint()
                    last = time.monotonic()
            self._queue.task_done()
        self._queue.task_done()

    def _checkpoint(self) -> None:
        if self._on_checkpoint is None:
            return
        try:
            self._on_checkpoint(self._hashed, self._digests["sha256"].hexdigest())
        except OSError as error:
            # It is raised where the feeding thread can do something about it.
            self._error = error
