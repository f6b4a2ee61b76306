"""Dropouts in training: what they leave out, the same on every backend, and nothing where nothing is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from loadstone.blueprint.network import Node  # noqa: E402
from loadstone.training.dropout import DrawnDropout, drawing, dropout_layer  # noqa: E402

SEED = np.asarray([3, 4], np.int32)


def called(over: str, shape: tuple[int, ...], rate: float = 0.5, seed: Any = SEED, training: bool = True) -> Any:
    with drawing(None if seed is None else keras.ops.convert_to_tensor(seed)):
        found = DrawnDropout(rate, over, 1)(keras.ops.ones(shape), training=training)
    return keras.ops.convert_to_numpy(found)


@pytest.mark.parametrize(("over", "drawn"), [("values", (0, 1, 2, 3)), ("channels", (0, 3)), ("pictures", (0,))])
def test_a_share_is_0_and_the_rest_makes_up_for_it(over: str, drawn: tuple[int, ...]) -> None:
    found = called(over, (400, 4, 2, 6), rate=0.25)
    assert np.unique(found).tolist() == [0, np.float32(1 / 0.75)]
    same = tuple(axis for axis in range(4) if axis not in drawn)
    assert (found.max(axis=same, keepdims=True) == found).all()
    assert found.mean() == pytest.approx(1, abs=0.1)
    assert (found == called(over, (400, 4, 2, 6), rate=0.25)).all()
    assert not (found == called(over, (400, 4, 2, 6), rate=0.25, seed=SEED + 1)).all()


def test_the_draws_are_the_same_on_every_backend() -> None:
    drawn = called("pictures", (16, 1)).reshape(-1) > 0
    assert drawn.astype(int).tolist() == [1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_nothing_is_drawn_at_inference_nor_without_a_seed_nor_where_it_is_frozen() -> None:
    shape = (4, 2, 2, 3)
    assert (called("values", shape, training=False) == 1).all()
    assert (called("values", shape, seed=None) == 1).all()
    node = Node("dropout", (0,), (2, 2, 3), {"rate": 0.5, "over": "values", "frozen": True})
    assert dropout_layer(node, "dropout_7").rate == 0
