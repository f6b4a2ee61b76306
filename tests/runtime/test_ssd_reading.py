"""Reading an SSD's raw outputs: few candidates give what all give, to the last box."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.runtime.families.ssd_reading import SsdOptions, decode, post_process, scores_of
from loadstone.runtime.nms import suppress


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


def test_a_logit_far_below_zero_scores_nothing_and_warns_of_nothing() -> None:
    scores = scores_of(np.array([[-1000.0, 0.0, 1000.0]], np.float32), "SIGMOID")
    assert scores.tolist() == [[0.0, 0.5, 1.0]]
