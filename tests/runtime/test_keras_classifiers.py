"""Keras classifiers of several ages, against Keras on TensorFlow where it opens the same file, else against a twin."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.runtime import open_detector
from loadstone.runtime.detector import Detector
from loadstone.runtime.raw import RawClassification

ORACLE = """
import sys, numpy, keras
shape, scale, target, *models = sys.argv[1:]
picture = numpy.load(target)["picture"]
outputs = {}
for path in models:
    model = keras.models.load_model(path, compile=False)
    pixels = picture.mean(-1, keepdims=True) if model.input_shape[-1] == 1 else picture
    outputs[path] = model.predict(pixels[None] / float(scale), verbose=0)[0]
numpy.savez(target, **outputs)
"""

# path → (side of the input, what the pixels are divided by)
OPENED_BY_KERAS = {
    "keras-resnet-cifar-tiny/pretrainedResnet.h5": (32, 255),
    "keras3-h5-pair-cifar/best_model.keras": (32, 255),
    "keras3-h5-pair-cifar/model_cifar10.h5": (32, 255),
    "keras-zip-333-potato/best_model.keras": (256, 1),
}


def picture(side: int) -> npt.NDArray[np.uint8]:
    """Smooth colours with some noise, the same each time."""
    random = np.random.default_rng(side)
    y, x = np.mgrid[0:side, 0:side] / side
    colours = np.stack([x, y, (x + y) / 2], axis=-1) * 200 + random.random((side, side, 3)) * 55
    return colours.astype(np.uint8)


def probabilities(detector: Detector, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    raw = detector.run([pixels])[0]
    assert isinstance(raw, RawClassification)
    return raw.probabilities


@pytest.mark.tensorflow
@pytest.mark.parametrize(("side", "scale"), sorted(set(OPENED_BY_KERAS.values())))
def test_a_classifier_gives_what_keras_on_tensorflow_gives(wild: Path, tmp_path: Path, side: int, scale: int) -> None:
    pytest.importorskip("tensorflow")
    models = [str(wild / path) for path, kind in OPENED_BY_KERAS.items() if kind == (side, scale)]
    target = tmp_path / "oracle.npz"
    np.savez(target, picture=picture(side))
    command = [sys.executable, "-c", ORACLE, str(side), str(scale), str(target), *models]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    with np.load(target) as theirs:
        for model in models:
            ours = probabilities(open_detector(model), picture(side))
            np.testing.assert_allclose(ours, theirs[model], atol=1e-4, err_msg=model)


def test_a_keras_file_that_keras_refuses_gives_what_its_tflite_twin_gives(wild: Path) -> None:
    folder = wild / "keras-vww-mobilenet"
    keras, twin = open_detector(str(folder / "vww_96.h5")), open_detector(str(folder / "vww_96_float.tflite"))
    np.testing.assert_allclose(probabilities(keras, picture(96)), probabilities(twin, picture(96)), atol=1e-4)


def test_two_containers_of_one_training_agree(wild: Path) -> None:
    folder = wild / "keras3-h5-pair-cifar"
    one, other = (open_detector(str(folder / name)) for name in ("model_cifar10.h5", "model_cifar10_compatible.h5"))
    np.testing.assert_array_equal(probabilities(one, picture(32)), probabilities(other, picture(32)))


def test_teachable_machine_brings_its_labels_and_its_scaling(wild: Path) -> None:
    detector = open_detector(str(wild / "tm-keras-h5-elio" / "keras_model.h5"))
    assert detector.input_size == (224, 224)
    assert len(detector.labels) == len(probabilities(detector, picture(224))) == 8
    assert "Teachable Machine" in detector.notes[0]
    assert detector.preprocessing == "RGB, (pixel - 127.5) / 127.5"


def test_a_model_of_grey_pictures_takes_colours(wild: Path) -> None:
    detector = open_detector(str(wild / "keras-fer-mini-xception-21" / "fer2013_mini_XCEPTION.102-0.66.hdf5"))
    found = probabilities(detector, picture(100))
    assert found.shape == (7,)
    assert found.sum() == pytest.approx(1, abs=1e-5)
