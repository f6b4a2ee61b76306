"""Run as a child: a two-stage detector whose pictures keep their size, its stages joined and one after the other.

    python -m tests.runtime.open_size_check SHARED FOLDER

Prints, for pictures of several sizes, the largest difference of each output in its standard deviations, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

from loadstone.detectors.preprocess import preprocess
from loadstone.runtime.keras_openvino import openvino_outputs
from tests.export.two_stages import OPEN, loaded


def main(shared: Path, folder: Path) -> None:
    """Compare the joined model with the stages that OpenVINO runs."""
    model = loaded(OPEN, shared, folder)
    blueprint = model.rebuilt.blueprint
    random = np.random.default_rng(20261128)
    apart: dict[str, float] = {}
    # Keras traces the second size anew, with sides that it does not know.
    for height, width in ((192, 128), (96, 192), (192, 160)):
        picture = random.integers(0, 256, (height, width, 3), np.uint8)
        given = np.stack([preprocess(picture, blueprint.resizer, blueprint.normalisation).image] * 2)
        # Keras compiles for OpenVINO without asking for float32.
        on_openvino = keras.backend.backend() == "openvino"
        found = openvino_outputs(model.keras, given) if on_openvino else model.keras.predict(given, verbose=0)
        for name, values in model.predict_raw(picture).items():
            difference = np.abs(np.asarray(found[name])[1:] - values).max() / max(float(values.std()), 1.0)
            # Not `max`, which would pass over NaN.
            apart[f"{name} {height}×{width}"] = float(difference)
    print(json.dumps({"backend": keras.backend.backend(), "apart": apart}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
