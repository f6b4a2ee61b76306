"""Confidence, classes, overlap and number: what a rule keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import SourceError
from loadstone.runtime.filters import Rule, apply_rule, class_ids_of
from loadstone.runtime.raw import RawDetections

LABELS = {1: "person", 17: "cat", 18: "dog", 90: "Dog"}


def raw(rows: Sequence[tuple[float, ...]], *, suppressed: bool = True) -> RawDetections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return RawDetections(table[:, :4], table[:, 4], table[:, 5].astype(np.int64), suppressed=suppressed)


PAIR = [(0, 0, 10, 10, 0.9, 1), (1, 0, 11, 10, 0.8, 1), (1, 0, 11, 10, 0.7, 2), (50, 50, 60, 60, 0.2, 1)]


def test_confidence_keeps_what_is_at_or_above() -> None:
    assert len(apply_rule(raw([(0, 0, 1, 1, 0.25, 1), (0, 0, 1, 1, 0.24, 1)]), Rule())) == 1


@pytest.mark.parametrize("wrong", [{"confidence": 2.0}, {"confidence": float("nan")}, {"iou": -0.1}, {"most": -1}])
def test_what_no_rule_can_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="out of range"):
        Rule(**wrong)


def test_suppression_is_within_a_class_and_only_when_asked() -> None:
    assert len(apply_rule(raw(PAIR), Rule())) == 3
    assert apply_rule(raw(PAIR), Rule(iou=0.5)).class_ids.tolist() == [1, 2]
    assert len(apply_rule(raw(PAIR), Rule(iou=0.9))) == 3


def test_a_model_without_suppression_gets_the_usual_one() -> None:
    assert len(apply_rule(raw(PAIR, suppressed=False), Rule())) == 2
    assert len(apply_rule(raw(PAIR, suppressed=False), Rule(iou=1.0))) == 3


def test_classes_number_and_order() -> None:
    assert apply_rule(raw(PAIR), Rule(class_ids=frozenset({2}))).class_ids.tolist() == [2]
    shuffled = raw(PAIR[::-1])
    assert apply_rule(shuffled, Rule(confidence=0.0)).scores.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.2])
    assert len(apply_rule(shuffled, Rule(most=1))) == 1


def test_masks_stay_with_their_boxes() -> None:
    shuffled = replace(raw(PAIR[::-1]), masks=np.arange(4, dtype=np.float32).reshape(4, 1, 1))
    masks = apply_rule(shuffled, Rule(confidence=0.0)).masks
    assert masks is not None
    assert masks.ravel().tolist() == [3, 2, 1, 0]


def test_keypoints_stay_with_their_boxes() -> None:
    points, scores = np.arange(16, dtype=np.float32).reshape(4, 2, 2), np.arange(8, dtype=np.float32).reshape(4, 2)
    kept = apply_rule(replace(raw(PAIR), keypoints=points, keypoint_scores=scores), Rule(iou=0.5))
    assert kept.keypoints is not None
    assert kept.keypoint_scores is not None
    np.testing.assert_array_equal(kept.keypoints, points[[0, 2]])
    np.testing.assert_array_equal(kept.keypoint_scores, scores[[0, 2]])


def test_numbers_that_are_none_never_come_out() -> None:
    odd = raw([(float("nan"), 0, 1, 1, 0.9, 1), (0, 0, 1, 1, float("nan"), 1), (0, 0, float("inf"), 1, 0.9, 1)])
    assert len(apply_rule(odd, Rule(confidence=0.0))) == 0


def test_classes_by_name_and_id() -> None:
    assert class_ids_of(["dog,1", "CAT"], LABELS) == {1, 17, 18, 90}
    assert class_ids_of(["44"], {}) == {44}
    with pytest.raises(SourceError, match="no class 'dgo'") as caught:
        class_ids_of(["dgo"], LABELS)
    assert "dog" in caught.value.help
    with pytest.raises(SourceError, match="names no classes"):
        class_ids_of(["dog"], {})


BOXES = st.tuples(*[st.integers(0, 60)] * 4, st.floats(0, 1, width=32), st.integers(1, 3))


@given(st.lists(BOXES, max_size=25), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1)), st.integers(1, 30))
def test_a_rule_is_kept(rows: list[tuple[int, ...]], confidence: float, iou: float | None, most: int) -> None:
    """What comes out was in, is confident enough, is sorted, and is no more than asked for."""
    given_rows = raw([(min(a, c), min(b, d), max(a, c), max(b, d), s, k) for a, b, c, d, s, k in rows])
    kept = apply_rule(given_rows, Rule(confidence, iou, None, most))
    assert len(kept) <= most
    assert (kept.scores >= confidence).all()
    assert (np.diff(kept.scores) <= 0).all()
    inside = {
        tuple(row) for row in np.column_stack([given_rows.boxes, given_rows.scores, given_rows.class_ids]).tolist()
    }
    assert {tuple(row) for row in np.column_stack([kept.boxes, kept.scores, kept.class_ids]).tolist()} <= inside
