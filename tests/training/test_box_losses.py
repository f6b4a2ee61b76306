"""Losses on boxes: values worked out by hand, and what holds for any pair."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.box_losses import ciou_loss, giou_loss, iou, iou_loss  # noqa: E402

UNIT = (0.0, 0.0, 2.0, 2.0)
LOSSES = (iou_loss, giou_loss, ciou_loss)


def of(loss: Callable[[Any, Any], Any], *pair: tuple[float, float, float, float]) -> float:
    first, second = (np.asarray([box], np.float32) for box in pair)
    return float(np.asarray(keras.ops.convert_to_numpy(loss(first, second)))[0])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_same_box_costs_nothing(loss: Callable[[Any, Any], Any]) -> None:
    assert of(loss, UNIT, UNIT) == pytest.approx(0, abs=1e-5)


def test_half_a_box_aside() -> None:
    beside = (0.0, 1.0, 2.0, 3.0)
    assert of(iou, UNIT, beside) == pytest.approx(1 / 3)
    assert of(iou_loss, UNIT, beside) == pytest.approx(8 / 9)
    # Frame 2 × 3 without any gap that neither box fills.
    assert of(giou_loss, UNIT, beside) == pytest.approx(2 / 3)
    assert of(ciou_loss, UNIT, beside) == pytest.approx(2 / 3 + 1 / 13, rel=1e-5)


def test_boxes_apart_cost_more_the_farther_they_are() -> None:
    near, far = (0.0, 4.0, 2.0, 6.0), (0.0, 8.0, 2.0, 10.0)
    assert of(iou_loss, UNIT, near) == of(iou_loss, UNIT, far) == 1
    assert of(giou_loss, UNIT, near) == pytest.approx(1 + 4 / 12)
    assert of(giou_loss, UNIT, far) == pytest.approx(1 + 12 / 20)
    assert of(ciou_loss, UNIT, near) < of(ciou_loss, UNIT, far)


def test_proportions_count_where_the_overlap_does_not_tell_them() -> None:
    tall = (0.0, 0.0, 4.0, 1.0)
    overlap, unlike = 2 / 6, (math.atan(1 / 4) - math.atan(1)) ** 2 * 4 / math.pi**2
    wanted = 1 - overlap + (1 + 0.25) / (16 + 4) + unlike**2 / (1 - overlap + unlike)
    assert of(ciou_loss, UNIT, tall) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_boxes_without_area_or_reversed_give_numbers(loss: Callable[[Any, Any], Any]) -> None:
    for odd in ((1.0, 1.0, 1.0, 1.0), (3.0, 3.0, 1.0, 1.0)):
        assert 0 <= of(loss, odd, UNIT) < 4
        assert math.isfinite(of(loss, odd, odd))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_order_of_axes_does_not_matter(loss: Callable[[Any, Any], Any]) -> None:
    random = np.random.default_rng(5)
    boxes = np.concatenate([low := random.uniform(0, 5, (2, 9, 2)), low + random.uniform(0.1, 5, (2, 9, 2))], axis=-1)
    first, second = boxes.astype(np.float32)
    turned = [1, 0, 3, 2]
    found, again = (np.asarray(keras.ops.convert_to_numpy(loss(a, b))) for a, b in
                    ((first, second), (first[:, turned], second[:, turned])))  # fmt: skip
    np.testing.assert_allclose(found, again, rtol=1e-4)
