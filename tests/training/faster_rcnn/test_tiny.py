"""A tiny two-stage detector's losses, worked out again one by one; and on all backends alike."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from loadstone.runtime.families.faster_rcnn_boxes import Choice, proposals
from loadstone.training.matching import assign, encode, iou
from loadstone.training.ssd.mining import HardExamples
from tests.training.running import OTHERS, run_check

if find_spec("keras") is None:
    pytest.skip("no Keras", allow_module_level=True)

from tests.support.two_stages import SIDE
from tests.training.faster_rcnn.tiny_check import KINDS, SAMPLES, learner_of

CHECK = "tests.training.faster_rcnn.tiny_check"
NAMES = (
    "Loss/RPNLoss/localization_loss",
    "Loss/RPNLoss/objectness_loss",
    "Loss/BoxClassifierLoss/localization_loss",
    "Loss/BoxClassifierLoss/classification_loss",
)


@cache
def stepped(backend: str) -> dict[str, Any]:
    return run_check(CHECK, "kinds", backend=backend)


@pytest.fixture(scope="module")
def insides() -> dict[str, Any]:
    backend = next((name for name in ("torch", "jax", "tensorflow") if find_spec(name)), None)
    if backend is None:
        pytest.skip("no backend that trains")
    return run_check(CHECK, "insides", backend=backend)


def arrays(found: dict[str, Any]) -> dict[str, Any]:
    batch = {name: np.asarray(value) for name, value in found["batch"].items()}
    return {name: np.asarray(value, np.float32) for name, value in found.items() if name != "batch"} | batch


def huber(difference: Any) -> float:
    return float(sum(d * d / 2 if abs(d) <= 1 else abs(d) - 0.5 for d in difference))


def entropy(logits: Any, column: int) -> float:
    logits = np.asarray(logits, np.float64)
    return float(np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[column])


def truth_of(own: dict[str, Any], picture: int) -> tuple[Any, Any]:
    real = own["weights"][picture] > 0
    return own["boxes"][picture][real].astype(np.float32), own["classes"][picture][real]


@pytest.mark.parametrize("kind", KINDS)
def test_first_stage_losses(kind: str, insides: dict[str, Any]) -> None:
    found, batch = arrays(insides[kind]), {name: np.asarray(v) for name, v in insides[kind]["batch"].items()}
    learner = learner_of(kind)
    anchors, boxes, objects = learner._anchors, 0.0, 0.0
    for picture in range(2):
        truth, _ = truth_of(batch, picture)
        ones = np.ones(len(truth), np.float32)
        zeros = np.zeros(len(truth), np.int64)
        targets = assign(truth, zeros, ones, anchors.boxes, num_classes=1, background=False, matched=0.7, unmatched=0.3)
        drawn = batch["rpn_rows"][picture][batch["rpn_counts"][picture] > 0]
        assert len(set(drawn.tolist())) == len(drawn) <= 32
        for row in drawn:
            at = int(np.flatnonzero(anchors.rows == row)[0])
            assert targets.match[at] != -2
            positive = targets.match[at] >= 0
            objects += entropy(found["objectness"][picture][row], int(positive)) / len(drawn) / 2
            if positive:
                boxes += 2 * huber(found["box_encodings"][picture][row] - targets.boxes[at]) / len(drawn) / 2
        assert sum(targets.match[np.isin(anchors.rows, drawn)] >= 0) == min(16, (targets.match >= 0).sum())
    assert insides[kind][NAMES[0]] == pytest.approx(boxes, rel=1e-4)
    assert insides[kind][NAMES[1]] == pytest.approx(objects, rel=1e-4)
    assert boxes > 0


@pytest.mark.parametrize("kind", KINDS)
def test_second_stage_losses(kind: str, insides: dict[str, Any]) -> None:
    found, batch = arrays(insides[kind]), {name: np.asarray(v) for name, v in insides[kind]["batch"].items()}
    learner = learner_of(kind)
    blueprint, settings = learner._blueprint, learner.settings
    rule, miner = blueprint.proposals, settings.miner
    size = rule.count if miner else settings.second.size
    codes = np.asarray(found["second box_encodings"]).reshape(2, size, -1, 4)
    logits = np.asarray(found["second class_predictions_with_background"]).reshape(2, size, -1)
    drawn, boxes, classes = np.asarray(insides[kind]["boxes"], np.float32), 0.0, 0.0
    for picture in range(2):
        truth, kinds = truth_of(batch, picture)
        height, width = batch["true_size"][picture]
        every = proposals(
            found["box_encodings"][picture][learner._anchors.rows],
            found["objectness"][picture][learner._anchors.rows],
            learner._anchors.boxes,
            choice=Choice(rule.score_threshold, rule.iou_threshold, rule.count, rule.count, "SOFTMAX"),
            scales=blueprint.box_coder.scales,
            window=(float(height), float(width)),
        )
        counts = np.asarray(insides[kind]["counts"])[picture]
        number = int(counts.sum())
        assert number == (size if settings.static else min(size, len(every)))
        positives, each = 0, np.zeros((number, 2))
        for at in range(number):
            box = drawn[picture, at]
            assert np.abs(every - box).max(axis=1).min() < 1e-3
            overlap = iou(truth, box[None])[:, 0] if len(truth) else np.zeros(1)
            positive = overlap.max() >= 0.5
            column = int(kinds[overlap.argmax()]) + 1 if positive else 0
            each[at, 1] = entropy(logits[picture, at], column)
            if positive:
                positives += 1
                own = codes[picture, at, column - 1 if codes.shape[2] > 1 else 0]
                wanted = encode(truth[overlap.argmax()][None], box[None])[0]
                each[at, 0] = 2 * huber(own - wanted)
        kept = mined(each.sum(axis=1), drawn[picture, :number], miner) if miner else list(range(number))
        boxes += each[kept, 0].sum() / max(number, 1) / 2
        classes += each[kept, 1].sum() / max(number, 1) / 2
        assert miner or settings.static or positives <= size * 0.25
    assert insides[kind][NAMES[2]] == pytest.approx(boxes, rel=1e-3)
    assert insides[kind][NAMES[3]] == pytest.approx(classes, rel=1e-4)
    assert boxes > 0 or rule.count < size


def mined(losses: Any, boxes: Any, miner: HardExamples) -> list[int]:
    """Return the rows that greedy suppression by loss leaves, the first so many of them."""
    kept: list[int] = []
    for row in np.argsort(-losses, kind="stable").tolist():
        if len(kept) < miner.most and all(iou(boxes[other][None], boxes[row][None]) <= 0.6 for other in kept):
            kept.append(row)
    assert len(kept) < len(losses)
    return kept


def sampled(mask: Any, box: Any, shape: tuple[int, int]) -> Any:
    """Return what a box, yxyx in pixels, shows of a mask, as crop_and_resize samples it."""
    found = np.zeros(shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            share = row / (shape[0] - 1), column / (shape[1] - 1)
            y, x = ((box[at] + share[at] * (box[at + 2] - box[at])) / SIDE * (SIDE - 1) for at in (0, 1))
            top, left = int(np.floor(y)), int(np.floor(x))
            for other, down in ((top, 1 - (y - top)), (top + 1, y - top)):
                for beside, across in ((left, 1 - (x - left)), (left + 1, x - left)):
                    if down * across:
                        found[row, column] += down * across * mask[other, beside]
    return found


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "masks" in kind])
def test_mask_loss(kind: str, insides: dict[str, Any]) -> None:
    found, batch = insides[kind], {name: np.asarray(v) for name, v in insides[kind]["batch"].items()}
    blueprint = learner_of(kind)._blueprint
    assert blueprint.masks is not None
    drawn = np.asarray(found["boxes"])
    logits = np.asarray(found["third masks"]).reshape(*drawn.shape[:2], *blueprint.masks.size, -1)
    truth, kinds = truth_of(batch, 0)
    views = SAMPLES[0].masks
    assert views is not None
    total, pixels = 0.0, 0
    for at in range(int(np.asarray(found["counts"])[0].sum())):
        overlap = iou(truth, drawn[0, at][None].astype(np.float32))[:, 0]
        view = views[int(overlap.argmax())]
        if overlap.max() < 0.5 or view is None:
            continue
        target = sampled(view.pixels(), drawn[0, at], blueprint.masks.size)
        x = logits[0, at, ..., 0 if blueprint.masks.agnostic else int(kinds[overlap.argmax()])]
        total += float((np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))).sum())
        pixels += x.size
    assert pixels > 0
    assert found["Loss/BoxClassifierLoss/mask_loss"] == pytest.approx(4 * total / pixels, rel=1e-4)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(find_spec("tensorflow") is None, reason="no TensorFlow")
@pytest.mark.parametrize("backend", OTHERS)
def test_every_backend_loses_alike(backend: str) -> None:
    ours, theirs = stepped("tensorflow"), stepped(backend)
    for kind in KINDS:
        for name, loss in ours[kind]["losses"].items():
            assert theirs[kind]["losses"][name] == pytest.approx(loss, rel=1e-3), (kind, name)
        for name, norm in ours[kind]["gradients"].items():
            assert theirs[kind]["gradients"][name] == pytest.approx(norm, rel=1e-2, abs=1e-5), (kind, name)
