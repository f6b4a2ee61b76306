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
from loadstone.runtime.cache import read_files
from loadstone.runtime.detector import Detector
from loadstone.runtime.raw import RawClassification

# One process prepares all models, since Keras takes seconds to import; the last test goes through the user's own door.
PREPARE = """
import sys
from pathlib import Path
from loadstone.runtime.cache import write_files
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert import convert_model
for number, source in enumerate(sys.argv[2:]):
    folder = Path(sys.argv[1], str(number))
    folder.mkdir()
    write_files(folder, finish(convert_model(source), "CPU"))
"""

ORACLE = """
import sys, numpy, keras
outputs = {}
for path, side, scale in zip(sys.argv[2::3], sys.argv[3::3], sys.argv[4::3]):
    model = keras.models.load_model(path, compile=False)
    picture = numpy.load(sys.argv[1])[side]
    outputs[path] = model.predict(picture[None] / float(scale), verbose=0)[0]
numpy.savez(sys.argv[1] + ".out", **outputs)
"""

# path → (side of the input, what the pixels are divided by)
OPENED_BY_KERAS = {
    "keras-resnet-cifar-tiny/pretrainedResnet.h5": (32, 255),
    "keras3-h5-pair-cifar/best_model.keras": (32, 255),
    "keras3-h5-pair-cifar/model_cifar10.h5": (32, 255),
    "keras-zip-333-potato/best_model.keras": (256, 1),
}
REFUSED_BY_KERAS = (
    "keras-vww-mobilenet/vww_96.h5",
    "keras-vww-mobilenet/vww_96_float.tflite",
    "keras-fer-mini-xception-21/fer2013_mini_XCEPTION.102-0.66.hdf5",
    "keras-zip-33-34-digits/best_model.keras",
)


@pytest.fixture(scope="module")
def detectors(wild: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Detector]:
    """Every model above, prepared: its path → the detector."""
    folder = tmp_path_factory.mktemp("plans")
    paths = [*OPENED_BY_KERAS, *REFUSED_BY_KERAS]
    run(PREPARE, str(folder), *(str(wild / path) for path in paths))
    return {path: Detector(read_files(folder / str(number))) for number, path in enumerate(paths)}


def run(script: str, *words: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]


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
def test_a_classifier_gives_what_keras_on_tensorflow_gives(
    wild: Path, tmp_path: Path, detectors: dict[str, Detector]
) -> None:
    pytest.importorskip("tensorflow")
    target = tmp_path / "oracle.npz"
    sides = {side for side, _ in OPENED_BY_KERAS.values()}
    np.savez(target, **{str(side): picture(side) for side in sides})  # type: ignore[arg-type]
    words = [word for path, kind in OPENED_BY_KERAS.items() for word in (str(wild / path), *map(str, kind))]
    run(ORACLE, str(target), *words, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    with np.load(f"{target}.out.npz") as theirs:
        for path, (side, _) in OPENED_BY_KERAS.items():
            ours = probabilities(detectors[path], picture(side))
            np.testing.assert_allclose(ours, theirs[str(wild / path)], atol=1e-4, err_msg=path)


def test_a_keras_file_that_keras_refuses_gives_what_its_tflite_twin_gives(detectors: dict[str, Detector]) -> None:
    one, twin = (detectors[f"keras-vww-mobilenet/{name}"] for name in ("vww_96.h5", "vww_96_float.tflite"))
    np.testing.assert_allclose(probabilities(one, picture(96)), probabilities(twin, picture(96)), atol=1e-4)


@pytest.mark.parametrize(("path", "count"), [(REFUSED_BY_KERAS[2], 7), (REFUSED_BY_KERAS[3], 10)])
def test_a_model_of_grey_pictures_takes_colours(detectors: dict[str, Detector], path: str, count: int) -> None:
    found = probabilities(detectors[path], picture(100))
    assert found.shape == (count,)
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_teachable_machine_brings_its_labels_and_its_scaling(wild: Path) -> None:
    detector = open_detector(str(wild / "tm-keras-h5-elio" / "keras_model.h5"))
    assert detector.input_size == (224, 224)
    assert len(detector.labels) == len(probabilities(detector, picture(224))) == 8
    assert "Teachable Machine" in detector.notes[0]
    assert detector.preprocessing == "RGB, (pixel - 127.5) / 127.5"
