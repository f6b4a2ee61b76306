"""A tiny YOLO's losses, worked out place by place; the same on all backends; and what its learner is given."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from tests.training.running import OTHERS, run_check

if find_spec("keras") is None:
    pytest.skip("no Keras", allow_module_level=True)

from loadstone.errors import SourceError, UnsupportedModelError
from loadstone.training.yolo.learner import LOSSES, YoloLearner, YoloSettings
from tests.support.yolo import tiny_yolo, values_of
from tests.training.compiled import batch_of, squares
from tests.training.yolo.brute_force import assigned, overlap
from tests.training.yolo.tiny_check import SAMPLES, STEPS, learner_of

CHECK = "tests.training.yolo.tiny_check"
PLACES = [
    ((row + 0.5) * stride, (column + 0.5) * stride, float(stride))
    for stride in (8, 16)
    for row in range(64 // stride)
    for column in range(64 // stride)
]


@cache
def checked(backend: str) -> dict[str, Any]:
    return run_check(CHECK, backend=backend)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    backend = next((name for name in ("torch", "jax", "tensorflow") if find_spec(name)), None)
    if backend is None:
        pytest.skip("no backend that trains")
    return checked(backend)


def sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def test_losses_are_those_of_places_one_by_one(found: dict[str, Any]) -> None:
    inside, batch = found["insides"], batch_of(learner_of(), SAMPLES)
    boxes = objects = classes = l1 = number = 0.0
    for picture in range(len(SAMPLES)):
        real = batch["weights"][picture] > 0
        truth, kinds = batch["boxes"][picture][real], batch["classes"][picture][real]
        object_scores = sigmoid(inside["objectness"][picture])[:, 0]
        class_scores = sigmoid(inside["class_predictions"][picture])
        given = {"boxes": inside["decoded"][picture], "truth": truth, "classes": kinds}
        rows = assigned(given | {"class_scores": class_scores, "object_scores": object_scores}, PLACES)
        assert rows == inside["rows"][picture]
        for at, row in enumerate(rows):
            objects -= math.log(object_scores[at] if row >= 0 else 1 - object_scores[at])
            if row < 0:
                continue
            number += 1
            share = overlap(inside["decoded"][picture][at], truth[row])
            boxes += 5 * (1 - share**2)
            for column, score in enumerate(class_scores[at]):
                target = share if column == kinds[row] else 0.0
                classes -= target * math.log(score) + (1 - target) * math.log(1 - score)
            (y, x, stride), box = PLACES[at], truth[row].astype(np.float64)
            corner = y - stride / 2, x - stride / 2
            wanted = [(box[axis] + box[axis + 2]) / 2 / stride - corner[axis] / stride for axis in (0, 1)]
            wanted += [math.log((box[axis + 2] - box[axis]) / stride) for axis in (0, 1)]
            l1 += float(np.abs(np.asarray(inside["box_encodings"][picture][at]) - wanted).sum())
    assert number >= 4
    for name, value in zip(LOSSES, (boxes, objects, classes, l1), strict=True):
        assert inside[name] == pytest.approx(value / number, rel=1e-4), name


def test_every_variable_is_trained_and_descent_goes_down(found: dict[str, Any]) -> None:
    for kind in ("iou", "giou", "ciou"):
        assert min(found[kind]["gradients"].values()) > 0
    totals = [losses["Loss/total_loss"] for losses in found["descent"]]
    assert len(totals) == STEPS
    assert totals[-1] < 0.8 * totals[0]


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")
@pytest.mark.parametrize("backend", OTHERS)
def test_every_backend_loses_alike(backend: str) -> None:
    ours, theirs = checked("tensorflow"), checked(backend)
    assert ours["insides"]["rows"] == theirs["insides"]["rows"]
    for kind in ("iou", "giou", "ciou"):
        assert theirs[kind]["losses"] == pytest.approx(ours[kind]["losses"], rel=1e-4)
        assert theirs[kind]["gradients"] == pytest.approx(ours[kind]["gradients"], rel=1e-3)
    for one, other in zip(ours["descent"], theirs["descent"], strict=True):
        assert other == pytest.approx(one, rel=1e-3)


def test_a_batch_has_one_shape_and_keeps_the_first_objects() -> None:
    blueprint = tiny_yolo()
    learner = YoloLearner(blueprint, values_of(blueprint), settings=YoloSettings(most_boxes=2))
    batch = batch_of(learner, [SAMPLES[0], squares("none", [], classes=3)])
    assert {name: (array.shape, str(array.dtype)) for name, array in batch.items()} == {
        "image": ((2, 64, 64, 3), "float32"),
        "boxes": ((2, 2, 4), "float32"),
        "classes": ((2, 2), "int32"),
        "weights": ((2, 2), "float32"),
        "l1": ((2,), "float32"),
    }
    assert batch["boxes"][0].tolist() == [[8, 8, 40, 44], [30, 30, 62, 60]]
    assert batch["l1"].tolist() == [0, 0]
    learner.l1 = True
    assert batch_of(learner, SAMPLES[:1])["l1"].tolist() == [1]


def test_values_come_back_as_they_went_in() -> None:
    blueprint = tiny_yolo()
    values = values_of(blueprint)
    learner = YoloLearner(blueprint, values, frozen=lambda key: "_backbone" in key)
    back = learner.values()
    assert set(back) == set(blueprint.variables)
    for key, value in values.items():
        assert (back[key] == value).all()
    assert not any("backbone" in variable.path for variable in learner.model.trainable_variables)
    assert learner.l2() == []


def test_what_cannot_be_trained_is_refused() -> None:
    blueprint = tiny_yolo(pad=True)
    settings: Any = replace(YoloSettings(), box_loss="l2")  # type: ignore[arg-type]
    with pytest.raises(SourceError, match="no such box loss"):
        YoloLearner(blueprint, values_of(blueprint), settings=settings)
    opened = replace(blueprint, resizer=replace(blueprint.resizer, pad=False))
    with pytest.raises(UnsupportedModelError, match="keep their own size"):
        YoloLearner(opened, values_of(blueprint))
