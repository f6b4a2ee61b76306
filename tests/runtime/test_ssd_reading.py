"""Rebuilt SSDs find what the original found in the golden's picture, box for box, from the uint8 picture on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.runtime.nms import suppress
from loadstone.runtime.ssd_reading import SsdOptions, decode, post_process, scores_of, ssd_detections
from tests.blueprint.test_reader import golden_blueprint
from tests.detectors.goldens import picture, weights

openvino = pytest.importorskip("openvino")

from loadstone.runtime import convert_rebuilt  # noqa: E402 - needs the optional engine
from loadstone.runtime.picture_front import picture_front  # noqa: E402


@pytest.mark.parametrize("name", ["ssd_mobilenet_v2_fpnlite_320", "ssd_mobilenet_v2_320", "efficientdet_d0"])
def test_detections_are_the_original_s(name: str, shared: Path) -> None:
    blueprint = golden_blueprint(shared, name)
    front = picture_front(blueprint.resizer, blueprint.normalisation)
    network = convert_rebuilt._network(blueprint, weights(shared, name), *front)
    compiled = openvino.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    outputs = compiled([picture(shared, 426, 640).astype(np.uint8)[None]])
    ending = convert_rebuilt.ssd_ending(blueprint)
    found = ssd_detections(ending.options, ending.arrays)([np.asarray(outputs[0]), np.asarray(outputs[1])], 426, 640)

    golden = np.load(shared / "goldens" / f"{name}.npz")
    count = int(golden["detections|num_detections"].reshape(-1)[0])
    assert len(found) == count
    np.testing.assert_array_equal(found.class_ids - 1, golden["detections|detection_classes"].reshape(-1)[:count])
    # EfficientDet's squeeze averages maps of 65,536 values, which TensorFlow 2.11 rounds by 3.5e-5 of their deviation.
    np.testing.assert_allclose(found.scores, golden["detections|detection_scores"].reshape(-1)[:count], atol=5e-5)
    yxyx = found.boxes[:, [1, 0, 3, 2]] / np.array([426, 640, 426, 640], np.float32)
    np.testing.assert_allclose(yxyx, golden["detections|detection_boxes"].reshape(-1, 4)[:count], atol=1e-3)


def _everything(
    encodings: np.ndarray, logits: np.ndarray, anchors: np.ndarray, options: SsdOptions
) -> list[tuple[int, int]]:
    """The definition, without shortcuts: every class on its own, then all together; (anchor, class) in order."""
    boxes = decode(encodings, anchors, options.box_scales)
    rows: list[tuple[float, int, int]] = []
    every = scores_of(logits, options.converter, options.logit_scale)[:, 1 if options.background else 0 :]
    for number in range(every.shape[1]):
        scores = every[:, number]
        above = np.flatnonzero(scores > options.score_threshold)
        kept = above[suppress(boxes[above], scores[above], iou=options.iou_threshold, most=options.max_per_class)]
        rows += [(float(scores[row]), int(row), number) for row in kept]
    clipped = np.clip(boxes, 0, 1)
    real = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
    rows = sorted((row for row in rows if real[row[1]]), key=lambda row: -row[0])
    return [(anchor, number) for _, anchor, number in rows[: options.max_total]]


@pytest.mark.parametrize("converter", ["SIGMOID", "SOFTMAX"])
@pytest.mark.parametrize("seed", range(8))
def test_looking_at_few_candidates_keeps_the_same_boxes(seed: int, converter: str) -> None:
    dice = np.random.default_rng(seed)
    count = 3000
    centres = dice.uniform(-0.2, 1.2, (count, 2))
    sides = dice.uniform(0.02, 0.4, (count, 2))
    anchors = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1).astype(np.float32)
    encodings = dice.normal(0, 0.5, (count, 4)).astype(np.float32)
    logits = dice.normal(-2, 2, (count, 5)).astype(np.float32)
    most, soft = (20, 100, 400, 4000)[seed % 4], converter == "SOFTMAX"
    # A soft maximum has a background, and rows of very different sizes, which a sigmoid does not care about.
    logits[::2] += 3 * soft
    options = SsdOptions(1e-8, 0.3, 100, most, converter, 1.5 if soft else 1.0, soft, (10, 10, 5, 5))
    kept = post_process(encodings, logits, anchors, options)
    ours = list(zip(kept.anchors.tolist(), kept.classes.tolist(), strict=True))
    assert ours == _everything(encodings, logits, anchors, options)
