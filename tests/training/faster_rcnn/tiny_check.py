"""Run by itself, with a KERAS_BACKEND: tiny two-stage detectors' losses and gradients, as one line of JSON.

python -m tests.training.faster_rcnn.tiny_check kinds|insides
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.faster_rcnn_parts import Masks
from loadstone.detectors.two_stage_ops import crop
from loadstone.facts.dataset import Sample
from loadstone.facts.masks import MaskView
from loadstone.training.faster_rcnn.learner import FasterRcnnLearner
from loadstone.training.faster_rcnn.settings import FasterRcnnSettings, StageSettings
from loadstone.training.ssd.mining import HardExamples
from loadstone.wire.textmessage import TextMessage
from tests.support.two_stages import SIDE, tiny_two_stages, values_of
from tests.training.compiled import batch_of, squares, step

SETTINGS = FasterRcnnSettings(first=StageSettings(32, 0.5, 2.0), second=StageSettings(12, 0.25, 2.0), norms_train=True)
STATIC = replace(SETTINGS, static=True, static_sampler=True, norms_train=False)
KINDS: dict[str, tuple[dict[str, Any], FasterRcnnSettings]] = {
    "one map, static shapes": ({"shared": True, "clip": True, "proposals": 80}, STATIC),
    "pyramid, boxes for each class": ({"pyramid": True, "shared": False, "clip": False, "proposals": 60}, SETTINGS),
    "few proposals": ({"proposals": 8, "clip": False}, SETTINGS),
    "masks": ({"pyramid": True, "shared": False, "clip": False, "proposals": 60, "masks": Masks((5, 7))}, SETTINGS),
    "masks for all classes, mined": (
        {"proposals": 80, "masks": Masks((6, 6), agnostic=True)},
        replace(SETTINGS, miner=HardExamples(most=9, iou_threshold=0.6)),
    ),
}


def learner_of(kind: str) -> FasterRcnnLearner:
    """Return the learner of a kind."""
    options, settings = KINDS[kind]
    blueprint = tiny_two_stages(**options)
    return FasterRcnnLearner(blueprint, TextMessage(), values_of(blueprint), settings=settings)


def masked(sample: Sample) -> Sample:
    """Return the sample with the ellipse of each box for its mask, but of the last none."""
    height, width = sample.image.shape[:2]
    rows, columns = np.arange(height), np.arange(width)
    found: list[MaskView | None] = []
    for top, left, bottom, right in (sample.boxes * np.array([height, width, height, width])).tolist():
        down, across = (2 * (rows + 0.5 - top) / (bottom - top) - 1), (2 * (columns + 0.5 - left) / (right - left) - 1)
        found.append(MaskView(partial(np.less, down[:, None] ** 2 + across**2, 1), rows, columns))
    return replace(sample, masks=(*found[:-1], None) if found else None)


SAMPLES = (
    masked(squares("three", [(16, 16, 48, 48), (0, 20, 28, 60), (34, 2, 50, 20)], classes=3)),
    masked(squares("none", [], classes=3, size=(64, 40))),
)
SEED = (3, 4)
UNPRINTED = ("image", "masks")


def main(what: str) -> None:
    """Print of each kind a compiled step's losses and norms of gradients; or what losses are computed from."""
    print(json.dumps({kind: {"kinds": stepped, "insides": insides}[what](kind) for kind in KINDS}))


def stepped(kind: str) -> dict[str, Any]:
    """Return the losses and the norms of gradients of one step."""
    learner = learner_of(kind)
    losses, gradients = step(learner, batch_of(learner, SAMPLES), SEED)
    return {"losses": losses, "gradients": gradients}


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
    if learner.model.third_stage is not None:
        found["third masks"] = learner.model.third_stage(second["features"], training=False)["masks"]
    losses = learner.losses(tensors, training=False, seed=seed)
    numbers = {name: keras.ops.convert_to_numpy(value).tolist() for name, value in (found | dict(losses)).items()}
    return numbers | {"batch": {name: array.tolist() for name, array in batch.items() if name not in UNPRINTED}}


if __name__ == "__main__":
    main(sys.argv[1])
