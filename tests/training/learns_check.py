"""Run by itself, with a KERAS_BACKEND and a family: a tiny detector from nothing, trained on a few hundred pictures.

It prints how well the trained values detect, through OpenVINO, in pictures that it has not seen: whether what training
encodes and what detecting decodes are the same.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from loadstone.facts.dataset import Sample
from loadstone.facts.filling import WeightReport
from loadstone.runtime.conversion import finish
from loadstone.runtime.convert_rebuilt import conversion_of
from loadstone.runtime.detector import Detector
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.rebuilt import Rebuilt
from loadstone.training.faster_rcnn.settings import FasterRcnnSettings, StageSettings
from loadstone.training.learners import build_learner
from loadstone.training.matching import iou
from loadstone.training.steps import make_step
from loadstone.wire.textmessage import TextMessage
from tests.support import two_stages, yolo
from tests.training.compiled import batch_of, squares

CLASSES, SIDE = 3, 64
STEPS = {"yolo": 500, "faster-rcnn": 800}
BATCH, UNSEEN = 8, 40
TWO_STAGES = FasterRcnnSettings(StageSettings(64, 0.5, 2.0), StageSettings(16, 0.25, 2.0), norms_train=True)


def one_object(number: int) -> Sample:
    """Return a picture with one object, of any class, size and place."""
    random = np.random.default_rng(number)
    low, sides = random.integers(0, 28, 2), random.integers(18, 36, 2)
    high = np.minimum(low + sides, SIDE)
    (kind,) = random.integers(0, CLASSES, 1)
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    sample = squares(f"{number}", [box], classes=CLASSES)
    sample.image[box[0] : box[2], box[1] : box[3]] = 100
    sample.image[box[0] : box[2], box[1] : box[3], kind] = 220
    return replace(sample, classes=np.asarray([kind], np.int64))


def rebuilt_of(family: str) -> Rebuilt:
    """Return the untrained detector."""
    if family == "yolo":
        blueprint: Any = yolo.tiny_yolo(pad=True)
        values = yolo.values_of(blueprint)
    else:
        blueprint = two_stages.tiny_two_stages(proposals=40, shared=False, clip=False)
        values = two_stages.values_of(blueprint)
    report = WeightReport("tiny", {key: key for key in values})
    return Rebuilt("tiny", "built", blueprint, TextMessage(), values, {}, report, "a test")


def quality(rebuilt: Rebuilt) -> float:
    """Return the share of unseen pictures whose best detection is of the right class and overlaps by half or more."""
    detector, right = Detector(finish(conversion_of(rebuilt), "CPU")), 0
    for number in range(UNSEEN):
        sample = one_object(1_000_000 + number)
        (found,) = detector.run([np.clip(np.rint(sample.image), 0, 255).astype(np.uint8)])
        assert isinstance(found, RawDetections)
        if len(found):
            box = found.boxes[:1, [1, 0, 3, 2]]
            right += bool(iou(sample.boxes * SIDE, box)[0, 0] >= 0.5 and found.class_ids[0] == sample.classes[0] + 1)
    return right / UNSEEN


def main(family: str) -> None:
    """Print the quality before and after."""
    rebuilt = rebuilt_of(family)
    learner: Any = build_learner(rebuilt)
    if family == "faster-rcnn":
        from loadstone.training.faster_rcnn.learner import FasterRcnnLearner

        blueprint: Any = rebuilt.blueprint
        learner = FasterRcnnLearner(blueprint, TextMessage(), rebuilt.values, settings=TWO_STAGES)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, STEPS[family])
    step = make_step(learner, keras.optimizers.Adam(rate))
    for number in range(STEPS[family]):
        batch = batch_of(learner, [one_object(number * BATCH + at) for at in range(BATCH)], number)
        step(batch, np.asarray([7, number], np.int32))
    with step.settled():
        trained = replace(rebuilt, values=learner.values())
    print(json.dumps({"before": quality(rebuilt), "after": quality(trained)}))


if __name__ == "__main__":
    main(sys.argv[1])
