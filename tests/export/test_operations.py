"""Every engine computes the operations of translated backbones as Keras does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("openvino")
pytest.importorskip("keras")

from tests.export.operations import ENGINES, differences

BOUND = 2e-6
"""Of an output's largest value: float32 sums of some hundred products."""


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_agree_with_keras_on_its_own_backend_here(engine: str) -> None:
    pytest.importorskip(engine)
    found = differences(engine)
    assert {name: value for name, value in found.items() if not value <= BOUND} == {}


@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("tensorflow") is None or find_spec("onnxruntime") is None, reason="an engine is missing")
def test_engines_agree_with_keras_on_tensorflow() -> None:
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words, root = [sys.executable, "-m", "tests.export.operations"], Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.keys() == ENGINES.keys()
    assert [(engine, *one) for engine in found for one in found[engine].items() if not one[1] <= BOUND] == []
