"""Run by itself, with a KERAS_BACKEND and a family: a tiny detector from nothing, trained on a few hundred pictures.

It prints how well the trained values detect, through OpenVINO, in pictures that it has not seen: whether what training
encodes and what detecting decodes are the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np

from loadstone.blueprint.faster_rcnn_parts import Masks
from loadstone.facts.dataset import Sample
from loadstone.facts.filling import WeightReport
from loadstone.facts.masks import MaskView, pasted
from loadstone.runtime.conversions.conversion import finish
from loadstone.runtime.conversions.convert_rebuilt import conversion_of
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
STEPS = {"yolo": 500, "faster-rcnn": 800, "mask-rcnn": 800}
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


def one_corner(number: int) -> Sample:
    """Return the picture whose object is a wedge at the left of its box, which no flip and no turn leaves as it is."""
    sample = one_object(number)
    top, left, bottom, right = (sample.boxes[0] * SIDE).round().astype(int).tolist()
    rows, columns = np.arange(SIDE), np.arange(SIDE)
    down, across = (rows + 0.5 - top) / (bottom - top), (columns + 0.5 - left) / (right - left)
    inside = (down[:, None] >= 0) & (across >= 0) & (down[:, None] + 2 * across < 1.2)
    box = sample.image[top:bottom, left:right]
    # The kind is still seen in all of the box, or there would be nothing to tell where it ends.
    box[~inside[top:bottom, left:right]] *= 0.6
    return replace(sample, masks=(MaskView(partial(np.asarray, inside), rows, columns),))


def rebuilt_of(family: str) -> Rebuilt:
    """Return the untrained detector."""
    if family == "yolo":
        blueprint: Any = yolo.tiny_yolo(pad=True)
        values = yolo.values_of(blueprint)
    else:
        masks = Masks((9, 9)) if family == "mask-rcnn" else None
        blueprint = two_stages.tiny_two_stages(proposals=40, shared=False, clip=False, masks=masks)
        values = two_stages.values_of(blueprint)
    report = WeightReport("tiny", {key: key for key in values})
    return Rebuilt("tiny", "built", blueprint, TextMessage(), values, {}, report, "a test")


def quality(rebuilt: Rebuilt, picture: Callable[[int], Sample]) -> dict[str, float]:
    """Return the share of unseen pictures whose best detection is of the right class and overlaps by half or more.

    Beside it, the share of these whose mask lies as the object's does.
    """
    upright = []
    detector, right = Detector(finish(conversion_of(rebuilt), "CPU")), 0
    for number in range(UNSEEN):
        sample = picture(1_000_000 + number)
        (found,) = detector.run([np.clip(np.rint(sample.image), 0, 255).astype(np.uint8)])
        assert isinstance(found, RawDetections)
        if len(found):
            box = found.boxes[:1, [1, 0, 3, 2]]
            hit = bool(iou(sample.boxes * SIDE, box)[0, 0] >= 0.5 and found.class_ids[0] == sample.classes[0] + 1)
            right += hit
            if hit and found.masks is not None and sample.masks and sample.masks[0]:
                upright.append(_overlaps_best_as_it_is(found.masks[0], found.boxes[0], sample.masks[0].pixels()))
    return {"right": right / UNSEEN, "masks": float(np.mean(upright)) if upright else 0.0}


def _overlaps_best_as_it_is(mask: Any, box: Any, truth: Any) -> bool:
    """Whether a mask overlaps the truth by more than any flip or turn of it does."""
    turned = [np.rot90(one, times) for one in (mask, mask.T) for times in range(4)]
    drawn = [pasted(one, box, SIDE, SIDE) for one in turned]
    overlaps = [float((truth & one).sum() / (truth | one).sum()) for one in drawn]
    return overlaps[0] > max(overlaps[1:])


def main(family: str) -> None:
    """Print the quality before and after."""
    rebuilt = rebuilt_of(family)
    learner: Any = build_learner(rebuilt)
    picture = one_corner if family == "mask-rcnn" else one_object
    if family != "yolo":
        from loadstone.training.faster_rcnn.learner import FasterRcnnLearner

        blueprint: Any = rebuilt.blueprint
        learner = FasterRcnnLearner(blueprint, TextMessage(), rebuilt.values, settings=TWO_STAGES)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, STEPS[family])
    step = make_step(learner, keras.optimizers.Adam(rate))
    for number in range(STEPS[family]):
        batch = batch_of(learner, [picture(number * BATCH + at) for at in range(BATCH)], number)
        step(batch, np.asarray([7, number], np.int32))
    with step.settled():
        trained = replace(rebuilt, values=learner.values())
    print(json.dumps({"before": quality(rebuilt, picture), "after": quality(trained, picture)}))


if __name__ == "__main__":
    main(sys.argv[1])
