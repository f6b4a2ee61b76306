"""Suppression against a plain statement of its rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from loadstone.runtime.nms import overlaps, suppress

Floats = npt.NDArray[np.float32]


def share(a: Floats, b: Floats) -> float:
    """Intersection over union, one pair at a time."""
    height = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return 0.0 if min(areas) <= 0 else height * width / (sum(areas) - height * width)


def plainly(boxes: Floats, scores: Floats, iou: float, most: int) -> list[int]:
    """A box stays unless a better one that stays overlaps it by more than the threshold."""
    kept: list[int] = []
    for row in sorted(range(len(scores)), key=lambda row: -scores[row]):
        if len(kept) < most and all(share(boxes[row], boxes[other]) <= iou for other in kept):
            kept.append(row)
    return kept


# Sides are whole numbers, so that no overlap lies within rounding of a threshold.
corners = arrays.arrays(np.int8, st.tuples(st.integers(0, 25), st.just(4)), elements=st.integers(0, 12))


@given(corners, st.sampled_from([0.0, 0.3, 0.45, 0.613, 0.99, 1.0]), st.integers(0, 30), st.randoms())
def test_the_rule_of_greedy_suppression_holds(
    places: npt.NDArray[np.int8], iou: float, most: int, random: np.random.Generator
) -> None:
    boxes = np.concatenate([places[:, :2], places[:, :2] + places[:, 2:]], axis=1).astype(np.float32)
    scores = np.array([round(random.random(), 1) for _ in places], np.float32)
    assert suppress(boxes, scores, iou=iou, most=most).tolist() == plainly(boxes, scores, iou, most)


def test_nothing_gives_nothing() -> None:
    assert suppress(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), iou=0.5, most=10).tolist() == []


@pytest.mark.parametrize(("iou", "kept"), [(0.5, [0, 1]), (0.49, [0])])
def test_an_overlap_equal_to_the_threshold_is_kept(iou: float, kept: list[int]) -> None:
    boxes = np.array([[0, 0, 2, 2], [0, 0, 2, 1]], np.float32)
    assert suppress(boxes, np.array([0.9, 0.8], np.float32), iou=iou, most=9).tolist() == kept


def test_a_box_without_end_overlaps_nothing_and_warns_of_nothing() -> None:
    endless = np.array([[-np.inf, -np.inf, np.inf, np.inf], [0, 0, 1, np.inf]], np.float32)
    box = np.array([[0, 0, 1, 1]], np.float32)
    assert not overlaps(np.concatenate([endless, box]), endless).any()
    assert overlaps(box, box) == 1
