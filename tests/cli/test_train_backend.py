"""`loadstone train --backend`: Keras takes its backend once, so the command names it before anything imports Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

CODE = """
import sys
from loadstone.cli import main
code = main(["train", "--backend", sys.argv[1], "--model", "no-such.keras", "--data", "no-such-folder"])
import keras
print(code, keras.backend.backend())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_backend_that_is_named_is_the_one_that_keras_takes(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"no {backend}")
    environment = {**os.environ, "KERAS_BACKEND": "openvino"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE, backend], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.splitlines()[-1] == f"3 {backend}"
    assert "no-such" in done.stderr
