"""Run as a child, with a KERAS_BACKEND: checks one after another, so that the backend is started once for all of them.

A line of JSON, `[module, words]`, comes in on standard input; one goes out: `{"printed": text}` or `{"failed": text}`.
Each check is run as `python -m module words…` would run it, with Keras's names and settings as at the start.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout

import keras


def main() -> None:
    """Answer until standard input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        # What a library writes to standard output itself must not come between the answers.
        os.dup2(2, 1)
        for line in sys.stdin:
            module, words = json.loads(line)
            print(json.dumps(ran(module, words)), file=answers, flush=True)


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
