"""A detector on Keras' backends by name: what runs there, and what is said where it cannot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import loadstone as ls
from loadstone.errors import EnvironmentLacksError, SourceError
from loadstone.runtime.keras import keras_here
from loadstone.runtime.openvino.openvino_stages import Compiled
from tests.export import narrow

pytest.importorskip("openvino")
pytest.importorskip("keras")

PICTURE = np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)
CHILD = """
import json, sys
import numpy as np
import loadstone as ls
picture = np.random.default_rng(1).integers(0, 255, (90, 120, 3), np.uint8)
found = ls.load(sys.argv[1], backend=sys.argv[2]).detect(picture, conf=0.0)
import keras
print(json.dumps({"backend": keras.backend.backend(), "scores": found.scores.tolist(), "boxes": found.boxes.tolist()}))
"""


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return narrow.checkpoint(tmp_path_factory.mktemp("small"), narrow.FPNLITE)


@pytest.mark.slow
@pytest.mark.parametrize("backend", keras_here.MODULES)
def test_a_named_backend_gives_the_same_detections(backend: str, prefix: Path) -> None:
    if find_spec(keras_here.MODULES[backend]) is None:
        pytest.skip(f"no {backend}")
    root = Path(__file__).resolve().parents[2]
    # The variable says another backend, and the name that was asked for counts.
    environment = {**os.environ, "KERAS_BACKEND": "openvino", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    words = [sys.executable, "-c", CHILD, str(prefix), backend]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, cwd=root, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["backend"] == backend
    ours = ls.load(prefix).detect(PICTURE, conf=0.0)
    assert len(ours) == len(found["scores"]) > 10
    np.testing.assert_allclose(found["scores"], ours.scores, atol=1e-4)
    np.testing.assert_allclose(sorted(map(sum, found["boxes"])), sorted(ours.boxes.sum(axis=1)), atol=0.2)


def test_keras_takes_its_backend_once(prefix: Path) -> None:
    import keras

    if keras.backend.backend() != "openvino":
        pytest.skip("Keras runs on another backend here")
    with pytest.raises(EnvironmentLacksError, match="already running on another backend") as caught:
        ls.load(prefix, backend="jax")
    assert (caught.value.expected, caught.value.found) == ("jax", "openvino")
    assert "KERAS_BACKEND=jax" in caught.value.help


def test_a_backend_that_is_not_installed_is_named(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(keras_here.MODULES, "jax", "no_such_module")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    with pytest.raises(EnvironmentLacksError, match="the backend jax is not installed"):
        ls.load(prefix, backend="jax")


def test_there_is_no_other_backend(prefix: Path) -> None:
    with pytest.raises(SourceError, match="no such backend") as caught:
        ls.load(prefix, backend="mxnet")  # type: ignore[arg-type]
    assert caught.value.expected == "openvino, keras, tensorflow, jax, torch"


def test_head_outputs_come_from_the_device_that_was_asked_for(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    compiled = Compiled.__init__

    def seen(self: Compiled, model: object, device: str) -> None:
        asked.append(device)
        compiled(self, model, "CPU")

    model = ls.load(prefix)
    # As if it had been opened there: this machine may have no other device.
    monkeypatch.setattr(model._detector, "device", "GPU.1")
    monkeypatch.setattr(Compiled, "__init__", seen)
    assert set(model.predict_raw(PICTURE)) == {"box_encodings", "class_predictions_with_background"}
    assert asked == ["GPU.1"]
