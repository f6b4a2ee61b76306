"""The balanced sampler draws no more than it may, and what there is."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.training.samplers import balanced

N = 200


def drawn(positives: int, candidates: int, *, size: int | None, share: float) -> tuple[int, int]:
    """Return how many (positives, negatives) are drawn of so many."""
    flags = np.arange(N)
    found = balanced(
        flags < candidates, flags < positives, np.random.default_rng(1), size=size, positive_share=share
    )  # fmt: skip
    assert not found[candidates:].any()
    return int(found[:positives].sum()), int(found[positives:].sum())


@pytest.mark.parametrize(
    ("positives", "candidates", "wanted"),
    [(40, 200, (16, 48)), (5, 200, (5, 59)), (0, 200, (0, 64)), (40, 50, (16, 10)), (40, 40, (16, 0)), (0, 0, (0, 0))],
)
def test_a_batch_is_filled_with_negatives(positives: int, candidates: int, wanted: tuple[int, int]) -> None:
    assert drawn(positives, candidates, size=64, share=0.25) == wanted


def test_without_a_size_all_positives_count() -> None:
    assert drawn(10, 200, size=None, share=0.25) == (10, 30)
    assert drawn(10, 20, size=None, share=0.25) == (10, 10)
    assert drawn(0, 200, size=None, share=0.25) == (0, 0)


def test_each_is_as_likely_as_any_other() -> None:
    random, flags = np.random.default_rng(2), np.ones(8, np.bool_)
    counts = sum(balanced(flags, ~flags, random, size=2, positive_share=0.5).astype(int) for _ in range(4000))
    assert np.abs(np.asarray(counts) / 1000 - 1).max() < 0.1
