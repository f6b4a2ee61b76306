"""Run by itself, with a KERAS_BACKEND: a Mask R-CNN whose pictures keep their size loses, is saved, and detects.

The one argument is a folder with its `pipeline.config`. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np

import loadstone as ls
from loadstone.formats.rebuilt_member import MEMBER
from loadstone.runtime.described import read_config
from loadstone.runtime.keras.keras_detector import keras_model_of
from loadstone.runtime.save_keras import save_keras
from loadstone.training.learners import build_learner
from loadstone.training.setup.starting import from_config
from tests.training.compiled import batch_of, squares
from tests.training.faster_rcnn.tiny_check import SEED, masked


def main(folder: Path) -> None:
    """See the module."""
    rebuilt = from_config(read_config(folder / "pipeline.config"), "pipeline.config")
    learner = build_learner(rebuilt)
    sizes = ((48, 80), (80, 48))
    batch = batch_of(learner, [masked(squares("one", [(8, 8, 40, 40)], classes=2, size=size)) for size in sizes])
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}
    losses = learner.losses(tensors, training=False, seed=keras.ops.convert_to_tensor(np.asarray(SEED, np.int32)))
    path = save_keras(rebuilt, keras_model_of(rebuilt), folder / "last.keras")
    with zipfile.ZipFile(path) as archive:
        saved = archive.read(MEMBER).decode()
    model = ls.load(path)
    boxes = sum(len(model.detect(np.full((*size, 3), 99, np.uint8))) for size in sizes)
    shapes = [list(image.shape) for image in batch["image"]]
    print(
        json.dumps(
            {"losses": [float(one) for one in losses.values()], "shapes": shapes, "saved": saved, "boxes": boxes}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
