"""Starts a check of this room in a process of its own, with a backend of its own, and reads the JSON that it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

OTHERS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}"))
    for name in ("jax", "torch")
]
"""The backends beside TensorFlow."""

on_tensorflow = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow"),
]


def run_check(module: str, *words: str, backend: str) -> dict[str, Any]:
    """Return what `python -m module words…` prints last."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    # The goldens were computed with oneDNN's kernels, whose rounding batch norms on a batch's statistics magnify.
    environment["TF_ENABLE_ONEDNN_OPTS"] = "1"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", module, *words], capture_output=True, text=True, env=environment, cwd=root, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
