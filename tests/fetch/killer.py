"""Runs the command in forked children that die, or find the disk full, at the n-th write, sync, rename or removal.

    python -m tests.fetch.killer        then one JSON line per run: {"environment", "words", "boundary", "full"}

Nothing of the product knows of this: the functions of `os` and the writing of files are wrapped from outside, after the
product was imported and before it is called. The parent has one thread and never touches the network, so that forking
is safe and a run costs milliseconds. A boundary of 0 only counts; the answer is {"status", "boundaries"}.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

UNEXPLAINED = 99
"""The exit code of a run that ended in anything but the command's own answer."""

BOUNDARIES = ("write", "fsync", "fdatasync", "rename", "replace", "link", "unlink", "ftruncate", "mkdir", "rmdir")


class Counter:
    """Counts boundaries and kills the process at one of them, or fails there once."""

    def __init__(self, deadly: int, *, full: bool) -> None:
        self.deadly = deadly
        self.full = full
        self.count = 0

    def cross(self) -> None:
        self.count += 1
        if self.count == self.deadly:
            if self.full:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.kill(os.getpid(), signal.SIGKILL)


def arm(counter: Counter, home: str) -> None:
    """Wrap what writes. Of a write the first half is done before the kill: a torn line is what a crash leaves."""
    for name in BOUNDARIES:
        setattr(os, name, _wrapped(name, getattr(os, name), counter))
    real_open = builtins.open

    def counting_open(file: Any, mode: str = "r", *more: Any, **given: Any) -> Any:
        stream = real_open(file, mode, *more, **given)
        if isinstance(file, str) and file.startswith(home) and set(mode) & set("wxa+"):
            write = stream.write

            def counted(data: Any) -> Any:
                counter.cross()
                return write(data)

            if isinstance(stream, io.TextIOWrapper):
                stream.write = counted  # type: ignore[method-assign]
            else:
                return _Counted(stream, counter)
        return stream

    builtins.open = counting_open
    from loadstone.fetch import partial

    partial._data_sync = os.fdatasync


class _Counted:
    """A binary file whose writes are boundaries."""

    def __init__(self, stream: Any, counter: Counter) -> None:
        self._stream = stream
        self._counter = counter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, data: bytes) -> int:
        self._counter.cross()
        return int(self._stream.write(data))


def _wrapped(name: str, real: Callable[..., Any], counter: Counter) -> Callable[..., Any]:
    def boundary(*given: Any, **more: Any) -> Any:
        if name == "write" and given[0] > 2 and counter.count + 1 == counter.deadly:
            real(given[0], bytes(given[1])[: len(given[1]) // 2])
        if name != "write" or given[0] > 2:
            counter.cross()
        return real(*given, **more)

    return boundary


def main() -> None:
    """Import everything once, then run what is asked for."""
    import filelock  # noqa: F401 - imported before the forks
    import urllib3  # noqa: F401

    import loadstone.cli.get_many
    import loadstone.fetch.adopt
    import loadstone.fetch.containers
    import loadstone.fetch.download
    import loadstone.fetch.store  # noqa: F401
    from loadstone.cli import main as command

    silent = os.open(os.devnull, os.O_WRONLY)
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            os.dup2(silent, 1)
            counter = Counter(order["boundary"], full=order["full"])
            os.environ |= order["environment"]
            code = UNEXPLAINED
            try:
                arm(counter, order["environment"]["LOADSTONE_HOME"])
                code = command(order["words"])
            except BaseException:
                traceback.print_exc()
            finally:
                counter.deadly = 0
                os.write(writing, str(counter.count).encode())
                os._exit(code)
        os.close(writing)
        with os.fdopen(reading) as report:
            counted = report.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"status": status, "boundaries": int(counted or 0)}), flush=True)


if __name__ == "__main__":
    main()
