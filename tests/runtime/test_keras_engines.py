"""Every family's Keras model computes what OpenVINO computes, and its saved file is the same detector."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from tests.runtime.narrow import CHANGES, checkpoint, config_of, narrow_config, quietened, scene
from tests.support.children import QUICK_TO_COMPILE

pytest.importorskip("openvino")

BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(module) is None, reason=f"no {name}"))
    for name, module in (("openvino", "openvino"), ("tensorflow", "tensorflow"), ("jax", "jax"), ("torch", "torch"))
]

OTHERWISE = {
    # Leaves each picture a size of its own, as TensorFlow 1's zoo does.
    "faster_rcnn_resnet50_v1_640": ("pad_to_max_dimension: true", ""),
    # Of Inception-ResNet there is no small one, and four backends would build it: here it is about masks.
    "mask_rcnn_inception_resnet_v2_1024": ("faster_rcnn_inception_resnet_v2_keras", "faster_rcnn_resnet50_keras"),
}
"""Golden → what its narrow configuration says, and what it says here."""

BOUND = 3e-3
"""In standard deviations of each output: float32 rounding through deep nets with made-up weights; 1.2e-3 was seen."""


@pytest.fixture(scope="module")
def ours(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each detector: its checkpoint, and what OpenVINO gives for a picture."""
    folder = tmp_path_factory.mktemp("ours")
    for name in CHANGES:
        said, here = OTHERWISE.get(name, ("", ""))
        text = narrow_config(shared, name).replace(said, here)
        prefix = checkpoint(folder / name, text, quietened(name, text))
        model = ls.load(prefix, config_of(prefix))
        found = model.detect(scene(), conf=0.0)
        raw: Any = model.predict_raw(scene())
        np.savez(folder / name / "raw.npz", **raw)
        np.savez(folder / name / "found.npz", boxes=found.boxes, scores=found.scores)
    return folder


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("keras") is None, reason="no Keras")
@pytest.mark.parametrize("backend", BACKENDS)
def test_keras_and_openvino_agree(backend: str, ours: Path, tmp_path: Path) -> None:
    """All families in one child: starting one, and importing TensorFlow in it, takes longer than most of them."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    if backend == "jax":
        environment["XLA_FLAGS"] = QUICK_TO_COMPILE
    words = [sys.executable, "-m", "tests.runtime.keras_engines_check", str(ours), str(tmp_path), *CHANGES]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [found["name"] for found in rows] == list(CHANGES)
    for found in rows:
        assert found["backend"] == backend
        apart = {f"{part} {key}": value for part, each in found["differences"].items() for key, value in each.items()}
        # `max` would pass over NaN.
        assert all(value < BOUND for value in apart.values()), (found["name"], apart)
        assert found["count"] > 0
        assert found["again"], found["name"]
        assert 0 < found["weights"] <= found["variables"]
