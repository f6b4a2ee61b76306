"""Run as a child, with a KERAS_BACKEND: checks one after another, so that the backend is started once for all of them.

A line of JSON, `[module, words]`, comes in on standard input; one goes out: `{"printed": text}` or `{"failed": text}`.
Each check is run as `python -m module words…` would run it, with Keras's names and settings as at the start.
After one that took much memory, of which a framework may keep most, the process ends: `"last"` is true in its answer.
"""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras

MUCH = 2 << 30
"""Bytes; two workers may each keep three children, and a machine of 16 GB holds them and the tests."""


def main() -> None:
    """Answer until standard input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        # What a library writes to standard output itself must not come between the answers.
        os.dup2(2, 1)
        for line in sys.stdin:
            module, words = json.loads(line)
            answer: dict[str, Any] = ran(module, words)
            answer["last"] = peak() > MUCH
            print(json.dumps(answer), file=answers, flush=True)
            if answer["last"]:
                return


def peak() -> int:
    """Return the most bytes that this process has had in memory, 0 where Linux does not tell."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8")) if status.exists() else None
    return int(found[1]) * 1024 if found else 0


def ran(module: str, words: Sequence[str]) -> dict[str, str]:
    """Return what a check printed, or how it failed."""
    printed = io.StringIO()
    sys.argv = [module, *words]
    try:
        with redirect_stdout(printed):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    except BaseException:  # a check may end itself, too
        return {"failed": traceback.format_exc()}
    finally:
        keras.backend.clear_session()
    return {"printed": printed.getvalue()}


if __name__ == "__main__":
    main()
