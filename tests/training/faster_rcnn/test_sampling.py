"""The sampler within the step: what may be drawn, how many, and in which order rows come out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.faster_rcnn.sampling import balanced, first_rows, static_balanced  # noqa: E402

RANDOM = np.random.default_rng(5)
CANDIDATES = RANDOM.random((4, 40)) < 0.6
POSITIVES = RANDOM.random((4, 40)) < 0.3
NUMBERS = RANDOM.random((4, 40)).astype(np.float32)


def tensors(*arrays: Any) -> list[Any]:
    return [keras.ops.convert_to_tensor(array) for array in arrays]


def drawn(draw: Any, *arrays: Any, size: int, share: float) -> Any:
    return keras.ops.convert_to_numpy(draw(*tensors(*arrays), size=size, positive_share=share)).astype(bool)


@pytest.mark.parametrize(("size", "share"), [(8, 0.25), (16, 0.5), (64, 0.25), (6, 0.0), (6, 1.0)])
def test_only_candidates_are_drawn_positives_up_to_their_share_and_negatives_fill_up(size: int, share: float) -> None:
    found = drawn(balanced, CANDIDATES, POSITIVES, NUMBERS, size=size, share=share)
    assert not (found & ~CANDIDATES).any()
    for row in range(len(found)):
        positive = np.flatnonzero(CANDIDATES[row] & POSITIVES[row])
        negative = np.flatnonzero(CANDIDATES[row] & ~POSITIVES[row])
        most = min(int(size * share), len(positive))
        kept = sorted(positive, key=lambda at: NUMBERS[row, at])[:most]
        kept += sorted(negative, key=lambda at: NUMBERS[row, at])[: size - most]
        assert np.flatnonzero(found[row]).tolist() == sorted(kept)


def test_equal_numbers_draw_the_first() -> None:
    flags, none = np.ones((1, 5), bool), np.zeros((1, 5), bool)
    found = drawn(balanced, flags, none, np.full((1, 5), 0.5, np.float32), size=2, share=0.5)
    assert found.tolist() == [[True, True, False, False, False]]


def test_static_shapes_mark_the_first_others_until_there_are_enough() -> None:
    candidates = np.array([[False, True, False, False, True, False]])
    positives = np.array([[False, True, False, False, False, False]])
    numbers = np.array([[0.5, 0.4, 0.3, 0.2, 0.1, 0.0]], np.float32)
    found = drawn(static_balanced, candidates, positives, numbers, size=4, share=0.5)
    assert np.flatnonzero(found[0]).tolist() == [0, 1, 2, 4]
    # Nothing is negative, so that two places stay empty: the first of the random order is drawn besides.
    found = drawn(static_balanced, positives, np.ones((1, 6), bool), numbers, size=4, share=0.5)
    assert np.flatnonzero(found[0]).tolist() == [2, 3, 5]


def test_flagged_rows_come_in_order_and_0_fills_up() -> None:
    flags = np.array([[False, True, False, True, True], [False] * 5, [True] * 5])
    rows, real = first_rows(keras.ops.convert_to_tensor(flags), 4)
    assert keras.ops.convert_to_numpy(rows).tolist() == [[1, 3, 4, 0], [0, 0, 0, 0], [0, 1, 2, 3]]
    assert keras.ops.convert_to_numpy(real).tolist() == [[3], [0], [4]]
