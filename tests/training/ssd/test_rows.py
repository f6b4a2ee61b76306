"""The losses by column number equal those of written-out targets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.training.losses import focal, sigmoid_cross_entropy, softmax_cross_entropy  # noqa: E402
from loadstone.training.ssd.rows import (  # noqa: E402
    bootstrapped_rows,
    focal_rows,
    sigmoid_rows,
    softmax_rows,
    square_rows,
)

RANDOM = np.random.default_rng(7)
LOGITS = (RANDOM.standard_normal((2, 5, 4)) * 3).astype(np.float32)
COLUMNS = np.asarray([[0, 3, -1, 2, -1], [1, -1, -1, -1, 3]], np.int32)
TARGETS = (COLUMNS[..., None] == np.arange(4)).astype(np.float32)


def numbers(tensor: Any) -> Any:
    return keras.ops.convert_to_numpy(tensor)


def summed(elements: Any) -> Any:
    return numbers(elements).sum(axis=-1)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.75, 1.5), (None, 2.0), (0.5, 0.0)])
def test_focal(alpha: float | None, gamma: float) -> None:
    found = numbers(focal_rows(keras.ops.convert_to_tensor(LOGITS), COLUMNS, alpha=alpha, gamma=gamma))
    np.testing.assert_allclose(found, summed(focal(LOGITS, TARGETS, alpha=alpha, gamma=gamma)), rtol=1e-5)


def test_sigmoid_and_softmax() -> None:
    logits = keras.ops.convert_to_tensor(LOGITS)
    np.testing.assert_allclose(
        numbers(sigmoid_rows(logits, COLUMNS)), summed(sigmoid_cross_entropy(LOGITS, TARGETS)), rtol=1e-5
    )
    wanted = numbers(softmax_cross_entropy(logits, TARGETS, scale=2.0))
    np.testing.assert_allclose(numbers(softmax_rows(logits, COLUMNS, scale=2.0)), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("said", [lambda x: (x > 0).astype(np.float32), lambda x: 1 / (1 + np.exp(-x))])
def test_bootstrapped(said: Callable[[Any], Any]) -> None:
    hard = said(LOGITS).max() == 1
    found = partial(bootstrapped_rows, alpha=0.7, hard=hard)(keras.ops.convert_to_tensor(LOGITS), COLUMNS)
    mixed = 0.7 * TARGETS + 0.3 * said(LOGITS)
    np.testing.assert_allclose(numbers(found), summed(sigmoid_cross_entropy(LOGITS, mixed)), rtol=1e-4)


def test_a_weight_counts_twice_in_squares() -> None:
    ones = np.ones((1, 1, 4), np.float32)
    found = square_rows(keras.ops.convert_to_tensor(3 * ones), ones, np.full((1, 1), 0.5, np.float32))
    assert numbers(found).tolist() == [[0.5 * 4 * (2 * 0.5) ** 2]]
