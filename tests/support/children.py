"""Runs checks in a process with a backend of its own, and reads the JSON that they print.

Keras takes its backend once, at import. A test process keeps one child for each backend: starting one takes longer than
most checks.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

QUICK_TO_COMPILE = "--xla_backend_optimization_level=0"
"""XLA's flags under which JAX computes the same program in machine code that is made in half of the time: most checks
run theirs once. XLA's own passes over the program, fusion among them, are not affected; LLVM's are."""


class Child:
    """A process of `tests.support.serving` on a backend."""

    def __init__(self, backend: str) -> None:
        environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        # The goldens were computed with oneDNN's kernels, whose rounding batch norms on a batch's statistics magnify.
        environment["TF_ENABLE_ONEDNN_OPTS"] = "1"
        if backend == "jax":
            environment["XLA_FLAGS"] = QUICK_TO_COMPILE
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - open as long as the process lives
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.serving"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment,
            cwd=Path(__file__).resolve().parents[2],
        )
        atexit.register(self.end)

    def end(self) -> None:
        """Let it end, and wait until it has."""
        self._process.communicate()
        self._errors.close()

    def ask(self, module: str, *words: str) -> dict[str, Any]:
        """Return the answer to a question; of a process that ends over it, the last that it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            print(json.dumps([module, words]), file=self._process.stdin, flush=True)
        if line := self._process.stdout.readline():
            answer: dict[str, Any] = json.loads(line)
            return answer
        self._errors.seek(0)
        return {"failed": f"exit code {self._process.wait()}: {self._errors.read()[-2000:]}", "last": True}


CHILDREN: dict[str, Child] = {}
"""Backend → its child, as long as it lives."""


def run_check(module: str, *words: str, backend: str) -> dict[str, Any]:
    """Return what `python -m module words…` prints last on a backend."""
    child = CHILDREN.get(backend) or CHILDREN.setdefault(backend, Child(backend))
    answer = child.ask(module, *words)
    if answer["last"]:
        del CHILDREN[backend]
    assert "printed" in answer, answer["failed"]
    found: dict[str, Any] = json.loads(answer["printed"].splitlines()[-1])
    return found
