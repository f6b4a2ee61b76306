"""Matches and targets equal the original's exactly; rules on their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadstone.training.matching import IGNORED, NEGATIVE, assign, iou, match
from tests.training.golden_truth import arrays, facts, targets

NAMES = ("ssd_mobilenet_v2_320", "ssd_mobilenet_v2_fpnlite_320", "efficientdet_d0")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("variant", ["base", "weights", "empty"])
def test_targets_equal_the_original(name: str, variant: str, shared: Path) -> None:
    ours, kept = targets(shared, name, variant), arrays(shared, name)
    place = f"{variant}/assign/anchors"
    assert ours.match.tolist() == kept[f"{place}/match"].tolist()
    assert ours.positives.tolist() == kept[f"{place}/positive_index"].tolist()
    np.testing.assert_allclose(ours.boxes[ours.positives], kept[f"{place}/positive_reg_targets"], rtol=1e-5, atol=2e-6)
    assert ours.box_weights[ours.positives].tolist() == kept[f"{place}/positive_reg_weights"].tolist()
    counted = facts(shared, name)["tensors"][place]
    assert ours.classes.sum() == counted["cls_targets_sum"]
    assert list(ours.classes.shape) == counted["cls_targets_shape"]
    assert np.repeat(ours.class_weights, ours.classes.shape[1]).sum() == counted["cls_weights_sum"]


@pytest.mark.parametrize("name", NAMES)
def test_the_mirror_image_matches_as_the_original(name: str, shared: Path) -> None:
    ours, kept = targets(shared, name, "bn_train", flip=True), arrays(shared, name)
    assert ours.match.tolist() == kept["bn_train/assign/anchors/1/match"].tolist()


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(rows, np.float32).reshape(-1, 4)


def test_a_box_without_an_area_would_be_forced_on_the_first_anchor() -> None:
    """What the original does with one, and why none gets here (docs/losses.md)."""
    anchors = np.asarray([[0, 0, 0.1, 0.1], [0.4, 0.4, 0.6, 0.6]], np.float32)
    found = assign(
        np.full((1, 4), 0.5, np.float32),
        np.zeros(1, np.int64),
        np.ones(1, np.float32),
        anchors,
        num_classes=1,
        background=False,
    )
    assert found.match.tolist() == [0, -1]
    assert found.boxes[0, 2:] == pytest.approx(5 * np.log(1e-8 / 0.1), abs=1e-2)


def test_boxes_that_do_not_meet_or_have_no_area_overlap_nothing() -> None:
    found = iou(boxes((0, 0, 1, 1), (0, 0, 0, 0)), boxes((0, 0, 1, 1), (1, 1, 2, 2), (0, 0, 0, 0)))
    assert found.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_between_the_thresholds_an_anchor_is_ignored() -> None:
    truth, anchors = boxes((0, 0, 1, 1)), boxes((0, 0, 1, 1), (0, 0, 1, 0.5), (0, 0, 1, 0.2))
    assert match(truth, anchors, matched=0.7, unmatched=0.3).tolist() == [0, IGNORED, NEGATIVE]
    swapped = match(truth, anchors, matched=0.7, unmatched=0.3, negatives_lower=False)
    assert swapped.tolist() == [0, NEGATIVE, IGNORED]


def test_a_forced_anchor_goes_to_the_first_that_wants_it_and_never_to_one_of_weight_0() -> None:
    truth, anchors = boxes((0, 0, 0.3, 0.3), (0, 0, 0.2, 0.2)), boxes((0, 0, 1, 1), (2, 2, 3, 3))
    assert match(truth, anchors).tolist() == [0, NEGATIVE]
    weights = np.asarray([0, 1], np.float32)
    assert match(truth, anchors, weights=weights).tolist() == [1, NEGATIVE]
    assert match(truth, anchors, force=False).tolist() == [NEGATIVE, NEGATIVE]


def test_background_is_a_column_of_its_own() -> None:
    truth, anchors = boxes((0, 0, 1, 1)), boxes((0, 0, 1, 1), (2, 2, 3, 3))
    ones = np.ones(1, np.float32)
    found = assign(truth, np.asarray([1]), ones, anchors, num_classes=2, background=True, background_as_zeros=False)
    assert found.classes.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert found.class_weights.tolist() == [1, 1]
