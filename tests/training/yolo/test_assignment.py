"""SimOTA within the step assigns what a plain search does; and its rules on their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.yolo.assignment import Predicted, SimOta, Truth, assign, cheapest  # noqa: E402
from tests.training.yolo.brute_force import assigned, overlap  # noqa: E402

SIDE, STRIDES = 64, (8, 16)
PLACES = [
    ((row + 0.5) * stride, (column + 0.5) * stride, float(stride))
    for stride in STRIDES
    for row in range(SIDE // stride)
    for column in range(SIDE // stride)
]
MOST, CLASSES = 6, 3


def tensor(array: Any, kind: type = np.float32) -> Any:
    return keras.ops.convert_to_tensor(np.asarray(array, kind))


def logits(scores: Any) -> Any:
    return np.log(scores / (1 - scores))


def pictures(seed: int, counts: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return random predictions around their places, and random objects, some small, some of one place."""
    random, found = np.random.default_rng(seed), []
    for count in counts:
        middles = np.asarray(PLACES)[:, :2] + random.normal(0, 4, (len(PLACES), 2))
        halves = np.asarray(PLACES)[:, 2:] * random.uniform(0.4, 1.6, (len(PLACES), 2))
        low = random.uniform(0, 44, (count, 2))
        high = low + random.uniform(2, 20, (count, 2)) * (1 + (random.random((count, 1)) < 0.3))
        truth = np.concatenate([low, high], axis=1).astype(np.float32)
        if count > 2:
            truth[1] = truth[0] + np.float32(1)
        found.append(
            {
                "boxes": np.concatenate([middles - halves, middles + halves], axis=1).astype(np.float32),
                "class_scores": random.uniform(0.01, 0.99, (len(PLACES), CLASSES)),
                "object_scores": random.uniform(0.01, 0.99, len(PLACES)),
                "truth": truth,
                "classes": random.integers(0, CLASSES, count),
            }
        )
    return found


def ours(given: list[dict[str, Any]]) -> tuple[Any, Any]:
    truth, kinds = np.zeros((len(given), MOST, 4)), np.zeros((len(given), MOST))
    for number, picture in enumerate(given):
        truth[number, : len(picture["truth"])] = picture["truth"]
        kinds[number, : len(picture["truth"])] = picture["classes"]
    predicted = Predicted(
        tensor([one["boxes"] for one in given]),
        tensor([logits(one["class_scores"]) for one in given]),
        tensor([logits(one["object_scores"])[:, None] for one in given]),
    )
    places = np.asarray(PLACES)
    found = assign(SimOta(), predicted, Truth(tensor(truth), tensor(kinds, np.int32)), places[:, :2], places[:, 2])
    return tuple(keras.ops.convert_to_numpy(each) for each in found)


@pytest.mark.parametrize("seed", range(6))
def test_places_are_assigned_as_by_a_plain_search(seed: int) -> None:
    given = pictures(seed, (MOST, 3, 1, 0))
    rows, overlaps = ours(given)
    for number, picture in enumerate(given):
        wanted = assigned(picture, PLACES)
        assert rows[number].tolist() == wanted
        for at, row in enumerate(wanted):
            right = overlap(picture["boxes"][at], picture["truth"][row]) if row >= 0 else 0.0
            assert overlaps[number, at] == pytest.approx(right, abs=1e-5)
    assert (rows[0] >= 0).sum() >= MOST - 2
    assert (rows[3] == -1).all()


def test_every_object_by_itself_gets_a_place_however_small() -> None:
    for seed in range(4):
        (given,) = pictures(seed, (1,))
        given["truth"] = np.asarray([[31, 30, 31.5, 30.5]], np.float32)
        assert (ours([given])[0] >= 0).sum() == 1


def test_the_better_the_boxes_the_more_places() -> None:
    (given,) = pictures(1, (1,))
    given["truth"] = np.asarray([[16, 16, 48, 48]], np.float32)
    few = (ours([given])[0] >= 0).sum()
    given["boxes"][:] = given["truth"][0]
    assert few < (ours([given])[0] >= 0).sum() == 10


def test_of_equal_costs_the_first_are_taken() -> None:
    cost = tensor([[[3.0, 1, 1, 1, 2], [5, 5, 5, 5, 5]]])
    found = keras.ops.convert_to_numpy(cheapest(cost, tensor([[[2], [3]]], np.int32), 4))
    assert found[0].tolist() == [[False, True, True, False, False], [True, True, True, False, False]]
