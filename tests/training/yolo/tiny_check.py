"""Run by itself, with a KERAS_BACKEND: a tiny YOLO's losses, gradients, assignments, and a few steps of descent."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.yolo_parts import BOXES, CLASSES, OBJECTNESS
from loadstone.detectors.two_stage_ops import decode
from loadstone.runtime.families.yolo_plan import UNSCALED
from loadstone.training.steps import make_step
from loadstone.training.yolo.assignment import Predicted
from loadstone.training.yolo.learner import YoloLearner, YoloSettings
from tests.support.yolo import tiny_yolo, values_of
from tests.training.compiled import batch_of, squares, step

SAMPLES = (
    squares("three", [(8, 8, 40, 44), (30, 30, 62, 60), (2, 44, 22, 62)], classes=3),
    squares("one", [(20, 4, 60, 30)], classes=3, size=(64, 48)),
    squares("none", [], classes=3),
)
SETTINGS = {
    "iou": YoloSettings(most_boxes=5),
    "giou": YoloSettings(box_loss="giou", most_boxes=8),
    "ciou": YoloSettings(box_loss="ciou", most_boxes=5),
}
STEPS = 10


def learner_of(kind: str = "iou") -> YoloLearner:
    """Return a learner of the tiny YOLO, its boxes near their places."""
    blueprint = tiny_yolo(pad=True)
    values = {key: value * (0.2 if BOXES in key else 1) for key, value in values_of(blueprint).items()}
    learner = YoloLearner(blueprint, values, settings=SETTINGS[kind])
    learner.l1 = True
    return learner


def main() -> None:
    """Print what each box loss gives, what the first one is computed from, and the losses of a few steps."""
    found: dict[str, Any] = {}
    for kind in SETTINGS:
        learner = learner_of(kind)
        losses, gradients = step(learner, batch_of(learner, SAMPLES))
        found[kind] = {"losses": losses, "gradients": gradients}
    found["insides"] = insides(learner_of())
    learner = learner_of()
    taking = make_step(learner, keras.optimizers.SGD(0.01, momentum=0.9))
    batch = batch_of(learner, SAMPLES)
    found["descent"] = [taking(batch, np.array([0, at], np.int32)).losses for at in range(STEPS)]
    print(json.dumps(found))


def insides(learner: YoloLearner) -> dict[str, Any]:
    """Return, with batch norms at rest, the network's outputs, the decoded boxes, the assignment and the losses."""
    batch = batch_of(learner, SAMPLES)
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in batch.items()}
    outputs = learner.model(tensors["image"], training=False)
    boxes = decode(outputs[BOXES], keras.ops.convert_to_tensor(learner._anchors[None]), UNSCALED)
    rows, overlap = learner.assigned(Predicted(boxes, outputs[CLASSES], outputs[OBJECTNESS]), tensors)
    losses = learner.losses(tensors, training=False, seed=None)
    found = {**outputs, **losses, "decoded": boxes, "rows": rows, "overlap": overlap}
    return {name: keras.ops.convert_to_numpy(value).tolist() for name, value in found.items()}


if __name__ == "__main__":
    main()
