"""Models of other times in environments of their own, really made: slow, and skipped where packages cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import loadstone as ls
from loadstone.errors import EnvironmentLacksError, TransferError, UnsupportedModelError
from loadstone.runtime.isolated.detector import IsolatedDetector, open_isolated

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]

LAYERS = """
import keras

class Doubled(keras.layers.Layer):
    def call(self, values):
        return values * 2.0
"""


def _opened(source: Path, **given: Any) -> IsolatedDetector:
    try:
        return open_isolated(str(source), **given)
    except (TransferError, EnvironmentLacksError) as error:
        pytest.skip(f"its environment cannot be made here: {error}")


def _picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(3).integers(0, 255, (300, 400, 3)).astype(np.uint8)


def test_tensorflow_1_15_agrees_with_openvino(wild: Path) -> None:
    source = wild / "tf1ckpt-ssdmnv1-trafficsign"
    alone = _opened(source)
    assert alone.versions["tensorflow"].startswith("1.15")
    assert alone.versions["python"].startswith("3.7")
    ours = ls.load(source)
    for seed in range(3):
        picture = np.random.default_rng(seed).integers(0, 255, (256, 256, 3)).astype(np.uint8)
        theirs = alone.run([picture])[0]
        mine = ours.detect(picture, conf=0.05)
        scores = theirs.scores[theirs.scores >= 0.05]  # type: ignore[union-attr]
        assert len(mine) == len(scores)
        np.testing.assert_allclose(np.sort(mine.scores), np.sort(scores), atol=2e-4)
    alone.close()


def test_tensorflow_2_opens_an_export(shared: Path) -> None:
    alone = _opened(shared / "exports" / "ssd_mobilenet_v2_fpnlite_320" / "saved_model")
    assert alone.task == "detection"
    assert alone.source_format == "savedmodel"
    found = alone.named_outputs(_picture())
    assert found["detection_boxes"].shape == (1, 100, 4)
    alone.close()


def test_a_keras_2_model_runs_in_its_own_keras(wild: Path) -> None:
    alone = _opened(wild / "keras-29-dense-h5" / "model-3.h5")
    assert alone.versions["tensorflow"].startswith("2.9")
    shape = [side or 1 for side in alone.inputs[0]["shape"]]
    found = alone.predict({alone.inputs[0]["name"]: np.ones(shape, np.float32)})
    assert all(np.isfinite(array).all() for array in found.values())
    with pytest.raises(UnsupportedModelError, match="does not take one picture"):
        alone.run([_picture()])
    alone.close()


def test_custom_layers_come_from_the_users_module(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    space: dict[str, Any] = {}
    exec(compile(LAYERS, "layers.py", "exec"), space)
    model = keras.Sequential([keras.Input((3,)), space["Doubled"]()])
    model.save(tmp_path / "model.keras")
    with pytest.raises(UnsupportedModelError) as caught:
        open_isolated(str(tmp_path / "model.keras"), python=sys.executable)
    assert "--custom" in caught.value.help
    opened = open_isolated(str(tmp_path / "model.keras"), custom=str(tmp_path / "layers.py"), python=sys.executable)
    given = np.array([[1, 2, 3]], np.float32)
    np.testing.assert_allclose(next(iter(opened.predict({"x": given}).values())), given * 2)
    opened.close()
