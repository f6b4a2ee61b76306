"""Run by itself, with a KERAS_BACKEND: tiny two-stage detectors' losses and gradients, as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from loadstone.detectors.two_stage_ops import crop
from loadstone.training.faster_rcnn.learner import FasterRcnnLearner
from loadstone.training.faster_rcnn.settings import FasterRcnnSettings, StageSettings
from loadstone.wire.textmessage import TextMessage
from tests.support.two_stages import SIDE, tiny_two_stages, values_of
from tests.training.compiled import batch_of, squares, step

SETTINGS = FasterRcnnSettings(first=StageSettings(32, 0.5, 2.0), second=StageSettings(12, 0.25, 2.0), norms_train=True)
STATIC = replace(SETTINGS, static=True, static_sampler=True, norms_train=False)
KINDS: dict[str, tuple[dict[str, Any], FasterRcnnSettings]] = {
    "one map, static shapes": ({"shared": True, "clip": True, "proposals": 80}, STATIC),
    "pyramid, boxes for each class": ({"pyramid": True, "shared": False, "clip": False, "proposals": 60}, SETTINGS),
    "few proposals": ({"proposals": 8, "clip": False}, SETTINGS),
}


def learner_of(kind: str) -> FasterRcnnLearner:
    """Return the learner of a kind."""
    options, settings = KINDS[kind]
    blueprint = tiny_two_stages(**options)
    return FasterRcnnLearner(blueprint, TextMessage(), values_of(blueprint), settings=settings)


SAMPLES = (
    squares("three", [(16, 16, 48, 48), (0, 20, 28, 60), (34, 2, 50, 20)], classes=3),
    squares("none", [], classes=3, size=(64, 40)),
)
SEED = (3, 4)


def main() -> None:
    """Print, of each kind, losses and norms of gradients; and of the first what they are computed from."""
    found = {}
    for kind in KINDS:
        learner = learner_of(kind)
        losses, gradients = step(learner, batch_of(learner, SAMPLES), SEED)
        found[kind] = {"losses": losses, "gradients": gradients}
    print(json.dumps({"kinds": found, "insides": {kind: insides(kind) for kind in KINDS}}))


def insides(kind: str) -> dict[str, Any]:
    """Return, with batch norms at rest, both stages' outputs, the proposals, and the losses."""
    learner = learner_of(kind)
    learner.settings = replace(learner.settings, norms_train=False)
    batch = batch_of(learner, SAMPLES)
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}
    seed = keras.ops.convert_to_tensor(np.asarray(SEED, np.int32))
    first = learner.model.first_stage(tensors["image"], training=False)
    boxes, drawn = learner.drawn_proposals(first, tensors, seed)
    maps = [first[name] for name in sorted(first) if name.startswith("features_")]
    second = learner.model.second_stage(crop(maps, boxes, (SIDE, SIDE), learner._blueprint.crops), training=False)
    found = {**first, **{f"second {name}": value for name, value in second.items()}}
    found |= {"boxes": boxes, "counts": drawn.counts, "columns": drawn.columns}
    losses = learner.losses(tensors, training=False, seed=seed)
    numbers = {name: keras.ops.convert_to_numpy(value).tolist() for name, value in (found | dict(losses)).items()}
    return numbers | {"batch": {name: array.tolist() for name, array in batch.items() if name != "image"}}


if __name__ == "__main__":
    main()
