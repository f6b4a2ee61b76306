"""KerasHub's backbones, where it is installed, compute the same when their layers were taken apart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("keras")
pytest.importorskip("openvino")

from tests.builder.test_from_keras import wrong

BACKEND = next((name for name in ("tensorflow", "torch", "jax") if find_spec(name)), "")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("keras_hub") is None, reason="KerasHub is not installed: pip install keras-hub")
@pytest.mark.skipif(not BACKEND, reason="no backend of Keras that runs layers one by one")
def test_backbones_of_keras_hub_compute_the_same() -> None:
    environment = {**os.environ, "KERAS_BACKEND": BACKEND, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words, root = [sys.executable, "-m", "tests.builder.hub_check"], Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [name for name, own in found.items() if isinstance(own, str)] == []
    assert {name: wrong(own) for name, own in found.items() if wrong(own)} == {}
    assert all(len(own) >= 3 for own in found.values())
