"""The SSD losses and their gradients equal the original's, on TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(find_spec("keras") is None or find_spec("tensorflow") is None, reason="no Keras on TensorFlow"),
]

LOSSES = 1e-4
GRADIENTS = 1e-3
"""Relative bounds that the issue of training states."""


@pytest.mark.parametrize("name", ["ssd_mobilenet_v2_320", "ssd_mobilenet_v2_fpnlite_320", "efficientdet_d0"])
def test_losses_and_gradients_equal_the_original(name: str, shared: Path) -> None:
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words = [sys.executable, "-m", "tests.training.loss_check", str(shared), name]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert set(found) == {"base", "weights", "empty"}
    for variant, differences in found.items():
        assert differences["losses"] <= LOSSES, (variant, differences)
        assert differences["gradients"] <= GRADIENTS, (variant, differences)
