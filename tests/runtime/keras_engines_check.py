"""Run as a child: small detectors on Keras, and how far they are from what OpenVINO gave; a line of JSON each.

    python -m tests.runtime.keras_engines_check OURS FOLDER NAME...

OURS is what `test_keras_engines.py` has prepared. The child is there because Keras takes its backend from
`KERAS_BACKEND` once, at import.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import numpy as np

import loadstone as ls
from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint
from loadstone.detectors.preprocess import preprocess
from loadstone.runtime.keras.keras_openvino import openvino_outputs
from tests.runtime.narrow import config_of, scene


def main(ours: Path, folder: Path) -> None:
    """Print the largest difference of each output in its standard deviations, and whether a saved file is the same."""
    with np.load(ours / "raw.npz") as raws, np.load(ours / "found.npz") as founds:
        raw, found = dict(raws), dict(founds)
    prefix = ours / "weights" / "ckpt-1"
    theirs = ls.load(prefix, config_of(prefix), backend="keras")
    picture = scene()
    apart = {"heads": _apart(raw, theirs.predict_raw(picture))}
    others = theirs.detect(picture, conf=0.0)
    # Made-up weights score many places alike, so that equal scores may change places.
    same = len(found["scores"]) == len(others)
    apart["detections"] = {"scores": float(np.abs(found["scores"] - others.scores).max(initial=0)) if same else 1e9}
    blueprint = theirs.rebuilt.blueprint
    if isinstance(blueprint, FasterRcnnBlueprint):
        apart["joined"] = _apart(raw, _joined(theirs, picture))
        if blueprint.resizer.output is None:
            # Keras traces a second size anew, with sides that it does not know.
            other = scene(90, 70)
            apart["another size"] = _apart(theirs.predict_raw(other), _joined(theirs, other))
    folder.mkdir()
    saved = folder / "saved.keras"
    theirs.save(saved)
    # In this process both have the same threads, which decide how sums are parted.
    first, again = (model.detect(picture, conf=0.0) for model in (ls.load(prefix, config_of(prefix)), ls.load(saved)))
    loaded = keras.saving.load_model(saved, compile=False)
    print(
        json.dumps(
            {
                "name": folder.name,
                "differences": apart,
                "backend": keras.backend.backend(),
                "count": len(found["scores"]),
                "again": bool(np.array_equal(again.boxes, first.boxes)),
                "weights": len(loaded.weights),
                "variables": len(blueprint.variables),
            }
        ),
        flush=True,
    )


def _joined(model: ls.Model, picture: np.ndarray) -> dict[str, np.ndarray]:
    """Return what the one model of all stages gives for the second of two equal pictures."""
    blueprint = model.rebuilt.blueprint
    given = preprocess(picture, blueprint.resizer, blueprint.normalisation)
    inputs = [np.stack([given.image] * 2), np.array([given.true_shape] * 2, np.float32)]
    # Keras compiles for OpenVINO without asking for float32.
    on_openvino = keras.backend.backend() == "openvino"
    found = openvino_outputs(model.keras, *inputs) if on_openvino else model.keras.predict_on_batch(inputs)
    return {key: np.asarray(value)[1:] for key, value in found.items()}


def _apart(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, float]:
    return {
        name: float(np.abs(ours[name] - array).max() / max(float(ours[name].std()), 1e-6))
        for name, array in theirs.items()
    }


if __name__ == "__main__":
    for each in sys.argv[3:]:
        main(Path(sys.argv[1]) / each, Path(sys.argv[2]) / each)
        keras.backend.clear_session()
