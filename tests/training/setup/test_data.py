"""What tells a training's data from other data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loadstone.datasets.masks import run_mask
from loadstone.errors import FormatError
from loadstone.facts.dataset import Dataset
from loadstone.facts.masks import Mask, PixelMask
from loadstone.training.setup.data import fingerprint, refuse_other_data
from tests.datasets.made import dataset, example

OUTLINE = ((8.0, 8.0, 24.0, 8.0, 16.0, 24.0),)
MOVED = ((8.0, 8.0, 24.0, 8.0, 16.0, 23.0),)
RUNS = np.array([100, 5, 48 * 64 - 105])
OTHER_RUNS = np.array([101, 5, 48 * 64 - 106])


def masked(mask: Mask | None) -> Dataset:
    one = example("one")
    return dataset(replace(one, objects=replace(one.objects, masks=(mask,))))


PAIRS: tuple[tuple[Mask, Mask | None], ...] = (
    (OUTLINE, MOVED),
    (OUTLINE, None),
    (run_mask(RUNS, 48, 64), run_mask(OTHER_RUNS, 48, 64)),
    (run_mask(b"PPYo0", 48, 64), run_mask(b"PPYo1", 48, 64)),
    (PixelMask(lambda: np.ones((48, 64), bool)), PixelMask(lambda: np.zeros((48, 64), bool))),
)


@pytest.mark.parametrize(("mask", "edited"), PAIRS)
def test_edited_masks_are_noticed_where_masks_train(mask: Mask, edited: Mask | None) -> None:
    begun = fingerprint(masked(mask), masks=True)
    refuse_other_data(masked(mask), begun)
    with pytest.raises(FormatError, match="masks are not those"):
        refuse_other_data(masked(edited), begun)
    # A detector of boxes goes on, and so does a run from before masks were looked at.
    refuse_other_data(masked(edited), fingerprint(masked(mask)))


def test_other_boxes_are_told_as_such() -> None:
    begun = fingerprint(masked(OUTLINE), masks=True)
    other = dataset(example("one", [(0, (8, 8, 24, 25))]))
    with pytest.raises(FormatError, match="the data is not what"):
        refuse_other_data(other, begun)
