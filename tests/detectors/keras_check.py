"""Run as a child: build one golden's network in Keras, and print how far its outputs are from the original's.

    python -m tests.detectors.keras_check SHARED NAME

The child is there because Keras takes its backend from `KERAS_BACKEND` once, at import.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.parts import Blueprint
from loadstone.detectors.keras_model import build, fill
from loadstone.detectors.resizers import fixed_shape, keep_aspect_ratio
from loadstone.runtime.conversions.convert_rebuilt import ssd_ending
from loadstone.runtime.families.ssd_reading import ssd_detections
from tests.blueprint.test_reader import golden_blueprint
from tests.detectors.goldens import boxes_found, picture, sample, weights


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
    # In one compiled step, which frees what is read no more: a plain call of D6 holds 22 GB.
    outputs = model.predict_on_batch(resized.image[None])
    found = {}
    for tensor in ("box_encodings", "class_predictions_with_background"):
        values = keras.ops.convert_to_numpy(outputs[tensor])
        ours, original = sample(shared, name, f"prediction/{tensor}", values)
        found[tensor] = float(np.abs(ours - original).max() / values.std())
    raw = [keras.ops.convert_to_numpy(outputs[name])[0] for name in found]
    report = {"differences": found, "backend": keras.backend.backend(), **_boxes(blueprint, raw, shared, name)}
    print(json.dumps(report))


def _boxes(blueprint: Blueprint, raw: list[Any], shared: Path, name: str) -> dict[str, Any]:
    """Return the largest difference in score by rank, and how many of the original's boxes are not found again."""
    ending = ssd_ending(blueprint)
    found = ssd_detections(ending.options, ending.arrays)([array[None] for array in raw], 426, 640)
    score, has = boxes_found(found, np.load(shared / "goldens" / f"{name}.npz"), (426, 640))
    return {"score": score, "lost": int((~has).sum())}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
