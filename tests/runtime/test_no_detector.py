"""A Keras model that is no detector is told what it is, with the command that makes it a detector's backbone."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.errors import UnsupportedModelError
from loadstone.runtime.rebuilt import rebuild_source
from tests.support.keras_files import dense, keras_h5, kernels, layer, sequential, start


def _written(path: Path, *layers: dict[str, object]) -> str:
    return str(keras_h5(path, sequential(*layers), {"dense": kernels((8, 5), (5,))}))


def test_a_classifier_is_told_the_command_that_builds_on_it(tmp_path: Path) -> None:
    pooled = layer("GlobalAveragePooling2D", "pool", data_format="channels_last", keepdims=False)
    path = _written(tmp_path / "my model.h5", start(32, 32, 8), pooled, dense("dense", 5))
    with pytest.raises(UnsupportedModelError) as caught:
        rebuild_source(path)
    assert caught.value.fact == "this is a classifier of 5 classes, and no detector"
    assert f"loadstone build --head retinanet --backbone '{path}' --num-classes N" in caught.value.help
    assert "(?, 32, 32, 8)" in caught.value.found


def test_a_model_that_takes_no_pictures_is_no_backbone(tmp_path: Path) -> None:
    path = _written(tmp_path / "rows.h5", start(8), dense("dense", 5))
    with pytest.raises(UnsupportedModelError) as caught:
        rebuild_source(path)
    assert caught.value.fact == "this is a plain Keras model, and no detector"
    assert "loadstone build" not in caught.value.help
