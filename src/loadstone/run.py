"""`python -m loadstone.run script.py [args]`: run a script, and explain its failure below its own output.

The script runs in a process of its own, by this Python, with this terminal: its output passes through unchanged, its
exit code is this one's. A process of its own, because what native code writes (TensorFlow's log, `Illegal instruction`)
is part of the text to explain, and because the script may take the whole process down.

Only standard error is listened to. Where that is a terminal the script still sees one, so that colours and progress
bars stay.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

USAGE = """\
usage     python -m loadstone.run script.py [ARGUMENT …]
          python -m loadstone.run -m package.module [ARGUMENT …]"""
EXIT_USAGE = 2
MOST_BYTES = 8 * 1024 * 1024
"""Of longer output the middle is left out of the explanation: its beginning tells versions, its end the failure."""

SIGNALS = {
    "SIGILL": "Illegal instruction (core dumped)",
    "SIGSEGV": "Segmentation fault (core dumped)",
    "SIGABRT": "Aborted (core dumped)",
    "SIGBUS": "Bus error (core dumped)",
    "SIGFPE": "Floating point exception (core dumped)",
    "SIGKILL": "Killed",
}
"""What a shell says of a process that a signal ended; native code says nothing itself."""


def main(words: list[str] | None = None) -> int:
    """Run the script that the words name and return its exit code; explain its failure on standard error."""
    words = sys.argv[1:] if words is None else words
    if not words or words[0] in ("-h", "--help"):
        print(USAGE, file=sys.stderr)
        return 0 if words else EXIT_USAGE
    code, said = watched([sys.executable, *words])
    if code < 0:
        said += f"\n{_ended_by(-code)}\n".encode()
    if code:
        _explain(said)
    # A shell gives 128 + number for a process that a signal ended; a negative code cannot be passed on.
    return code if code >= 0 else 128 - code


def _ended_by(number: int) -> str:
    """Return what a shell says of a signal; empty for those that it has no words for, real-time ones without a name."""
    return next((words for name, words in SIGNALS.items() if getattr(signal, name, None) == number), "")


def _explain(said: bytes) -> None:
    from loadstone.checks.error_text import decode
    from loadstone.checks.explain import explain

    explanation = explain(decode(said))
    if explanation.known or "Traceback (most recent call last)" in decode(said):
        print(f"\n{explanation}", file=sys.stderr)


def watched(command: list[str]) -> tuple[int, bytes]:
    """Run a command, pass on what it writes on standard error, and return its exit code and that text."""
    reading, writing, close = _channel()
    kept = bytearray()
    child = subprocess.Popen(command, stderr=writing)
    close()
    while True:
        try:
            while part := _part(reading):
                sys.stderr.buffer.write(part)
                sys.stderr.buffer.flush()
                kept += part
                if len(kept) > MOST_BYTES:
                    del kept[MOST_BYTES // 4 : MOST_BYTES // 2]
            break
        except KeyboardInterrupt:
            # The script got the same signal and decides itself what it means.
            continue
    os.close(reading)
    return _ended(child), bytes(kept)


def _ended(child: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def _part(reading: int) -> bytes:
    try:
        return os.read(reading, 65536)
    except OSError:
        # Linux answers EIO, not an empty read, when the last writer of a pseudo-terminal has gone.
        return b""


def _channel() -> tuple[int, int, Callable[[], None]]:
    """Return a pair of descriptors to read from and to write to, and what closes the writing one."""
    if hasattr(os, "openpty") and sys.stderr.isatty():
        reading, writing = os.openpty()
    else:
        reading, writing = os.pipe()
    return reading, writing, lambda: os.close(writing)


if __name__ == "__main__":
    sys.exit(main())
