"""What TensorFlow and XLA log of their own start does not reach the terminal; errors do.

`TF_CPP_MIN_LOG_LEVEL` hides what they log later. What they log while they are loaded goes to file descriptor 2 before
they have read it, so the descriptor leads through a child process then, which passes on everything but lines in
abseil's log format of a severity below FATAL. A process of its own, so that the last words of a crash get through.
Keras imports TensorFlow on every backend where it is installed: to serialise a model, it asks for its classes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType

from loadstone.keras_hook import Around

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
SILENT = "3"

FILTER = r"""
import re, sys
noise = re.compile(rb"WARNING: All log messages before absl::InitializeLog|[IWE]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ \S+\]"
                   rb"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] \S+\]")
for line in sys.stdin.buffer:
    if not noise.match(line):
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()
"""
"""Formats: absl/log/internal/log_format.cc; older releases, tsl/platform/default/logging.cc."""

PATIENCE = 5.0
"""Seconds for the child to pass on what it still has."""


def quieten() -> None:
    """Keep the backends' logs from the terminal; a user who has set their level himself gets what he asked for."""
    if os.environ.setdefault(LEVEL, SILENT) == SILENT and "tensorflow" not in sys.modules:
        Around("tensorflow", _run_quietly).stand()


def _run_quietly(run: Callable[[ModuleType], None], module: ModuleType) -> None:
    with filtered():
        run(module)


@contextmanager
def filtered() -> Iterator[None]:
    """Let what is written to file descriptor 2 go through the filter; as it is where no process can be started."""
    try:
        child = subprocess.Popen([sys.executable, "-I", "-S", "-c", FILTER], stdin=subprocess.PIPE)
        kept = os.dup(2)
    except OSError:
        yield
        return
    if child.stdin is None:  # pragma: no cover - a pipe was asked for
        yield
        return
    sys.stderr.flush()
    os.dup2(child.stdin.fileno(), 2)
    child.stdin.close()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        # Something that was started meanwhile may hold the pipe's end: the child ends with it.
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE)
