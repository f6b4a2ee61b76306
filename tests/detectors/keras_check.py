"""Run as a child: build one golden's network in Keras, and print how far its raw outputs are from the original's.

    python -m tests.detectors.keras_check SHARED NAME

The child is there because Keras takes its backend from `KERAS_BACKEND` once, at import.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

from loadstone.detectors.keras_model import build, fill
from loadstone.detectors.resizers import fixed_shape, keep_aspect_ratio
from tests.blueprint.test_reader import golden_blueprint
from tests.detectors.goldens import picture, sample, weights


def main(shared: Path, name: str) -> None:
    """Print {output: largest difference over the output's standard deviation} and the parameters counted."""
    blueprint = golden_blueprint(shared, name)
    model = build(blueprint.network)
    fill(model, blueprint.network, weights(shared, name))
    normalisation, resizer = blueprint.normalisation, blueprint.resizer
    mean, deviation = (np.asarray(numbers, np.float32) for numbers in (normalisation.mean, normalisation.deviation))
    image = ((picture(shared, 426, 640) - mean) / deviation).astype(np.float32)
    resized = (
        fixed_shape(image, *resizer.size)
        if resizer.kind == "fixed"
        else keep_aspect_ratio(image, *resizer.size, pad=resizer.pad)
    )
    outputs = model(resized.image[None], training=False)
    found = {}
    for tensor in ("box_encodings", "class_predictions_with_background"):
        values = keras.ops.convert_to_numpy(outputs[tensor])
        ours, original = sample(shared, name, f"prediction/{tensor}", values)
        found[tensor] = float(np.abs(ours - original).max() / values.std())
    print(json.dumps({"differences": found, "backend": keras.backend.backend()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
