"""Suppression of all classes at once, against the original's way of one class after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadstone.runtime.multiclass import Rule, clipped, detections, looks
from loadstone.runtime.nms import rank_within, suppress

RULE = Rule(score=0.25, iou=0.5, most=12, most_each=12, clip_first=False, background=False)


def one_by_one(boxes: npt.NDArray[Any], scores: npt.NDArray[Any], rule: Rule) -> list[tuple[int, int]]:
    """(class, row) as `multiclass_non_max_suppression` finds them: per class, joined, sorted, cut."""
    found: list[tuple[float, int, int]] = []
    for one in range(scores.shape[1]):
        rows = np.flatnonzero(scores[:, one] > rule.score)
        kept = rows[suppress(boxes[rows], scores[rows, one], iou=rule.iou, most=rule.most_each)]
        found += [(-float(scores[row, one]), one, int(row)) for row in kept]
    return [(one, row) for _, one, row in sorted(found, key=lambda entry: entry[0])][: rule.most]


@example(26, 5, 1, 26)  # One box of each class, and the best two dozen are of four classes.
@given(st.integers(0, 40), st.integers(1, 5), st.integers(1, 12), st.integers(0, 10**6))
def test_it_finds_what_one_class_after_the_other_finds(count: int, classes: int, each: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    corner, side = random.random((count, 2)) * 0.6, 0.05 + random.random((count, 2)) * 0.3
    boxes = np.concatenate([corner, corner + side], axis=1).astype(np.float32)
    scores = random.permutation(count * classes).reshape(count, classes).astype(np.float32) / max(1, count * classes)
    rule = Rule(**{**RULE.as_json(), "most_each": each})
    wanted = one_by_one(boxes, scores, rule)
    found, values, ids = detections(boxes, scores, rule)
    assert ids.tolist() == [one for one, _ in wanted]
    np.testing.assert_array_equal(values, [scores[row, one] for one, row in wanted])
    np.testing.assert_array_equal(found, boxes[[row for _, row in wanted]].reshape(-1, 4))


def test_the_first_look_holds_every_better_score() -> None:
    scores = np.random.default_rng(1).random((5000, 3)).astype(np.float32)
    rows, classes, is_all = next(looks(scores, 0.0))
    assert not is_all
    values = scores[rows, classes]
    assert (np.diff(values) <= 0).all()
    assert len(values) >= 1000
    assert (scores >= values[-1]).sum() == len(values)


def test_the_last_look_holds_what_passes_the_threshold_only() -> None:
    scores = np.array([[0.5, 0.25], [0.75, 0.1]], np.float32)
    rows, classes, is_all = next(looks(scores, 0.25))
    assert is_all
    assert list(zip(rows.tolist(), classes.tolist(), strict=True)) == [(1, 0), (0, 0)]


def test_boxes_outside_the_picture_are_left_out_and_others_cut() -> None:
    boxes = np.array([[-1, -1, 0.5, 0.5], [1.1, 0, 2, 1]], np.float32)
    cut, scores, _ = clipped(boxes, np.array([0.9, 0.8], np.float32), np.array([0, 0]))
    assert cut.tolist() == [[0, 0, 0.5, 0.5]]
    assert scores == pytest.approx([0.9])


@given(st.lists(st.integers(0, 4), max_size=30))
def test_the_rank_within_a_group_counts_earlier_ones(groups: list[int]) -> None:
    wanted = [groups[:at].count(group) for at, group in enumerate(groups)]
    assert rank_within(np.array(groups, np.int64)).tolist() == wanted
