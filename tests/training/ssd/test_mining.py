"""The hard example miner chooses what greedy suppression and its quota choose, worked out one by one."""

from __future__ import annotations

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.runtime.nms import suppress  # noqa: E402
from loadstone.training.matching import IGNORED, NEGATIVE  # noqa: E402
from loadstone.training.ssd.mining import HardExamples  # noqa: E402


def chosen(miner: HardExamples, losses: list[float], boxes: np.ndarray, match: list[int]) -> list[int]:
    """Return the rows that count."""
    found = miner.chosen(
        keras.ops.convert_to_tensor(np.asarray([losses], np.float32)),
        keras.ops.convert_to_tensor(boxes[None].astype(np.float32)),
        keras.ops.convert_to_tensor(np.asarray([match], np.int32)),
    )
    return np.flatnonzero(keras.ops.convert_to_numpy(found)[0]).tolist()


def apart(count: int) -> np.ndarray:
    """Return boxes that do not meet."""
    return np.asarray([[at, 0, at + 0.5, 1] for at in range(count)])


def test_suppression_is_greedy_by_loss() -> None:
    random = np.random.default_rng(3)
    corners = random.uniform(0, 1, (60, 2))
    boxes = np.concatenate([corners, corners + random.uniform(0.1, 0.5, (60, 2))], axis=1).astype(np.float32)
    losses = random.uniform(0, 1, 60).astype(np.float32)
    for iou in (0.1, 0.4, 0.7):
        miner = HardExamples(most=0, iou_threshold=iou)
        kept = suppress(boxes, losses, iou=iou, most=60)
        assert chosen(miner, losses.tolist(), boxes, [0] * 60) == sorted(kept.tolist())
        few = HardExamples(most=5, iou_threshold=iou)
        assert chosen(few, losses.tolist(), boxes, [0] * 60) == sorted(kept.tolist()[:5])


def test_negatives_are_so_many_for_each_positive_the_worst_first() -> None:
    losses, match = [5.0, 4, 3, 2, 1, 0], [NEGATIVE, NEGATIVE, 0, NEGATIVE, NEGATIVE, NEGATIVE]
    assert chosen(HardExamples(most=0, negatives_per_positive=2), losses, apart(6), match) == [0, 1, 2]
    assert chosen(HardExamples(most=0), losses, apart(6), match) == [0, 1, 2, 3, 4, 5]


def test_a_picture_without_positives_keeps_the_least_number_of_negatives() -> None:
    miner = HardExamples(most=0, negatives_per_positive=3, least_negatives=2)
    assert chosen(miner, [1.0, 3, 2], apart(3), [NEGATIVE] * 3) == [1, 2]
    assert chosen(HardExamples(most=0, negatives_per_positive=3), [1.0, 3, 2], apart(3), [NEGATIVE] * 3) == []


def test_ignored_anchors_stay_while_the_quota_is_not_passed() -> None:
    match = [IGNORED, NEGATIVE, IGNORED, NEGATIVE, IGNORED, 0]
    losses = [6.0, 5, 4, 3, 2, 1]
    assert chosen(HardExamples(most=0, negatives_per_positive=1), losses, apart(6), match) == [0, 1, 2, 5]
