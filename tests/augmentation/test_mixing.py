"""Mosaic and mixup: every object of every picture is where its pixels are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.augmentation.mixing import MixUp, Mosaic, joined, lay
from loadstone.augmentation.presets import preset
from loadstone.augmentation.step import More, augment, without_mixing
from loadstone.errors import LoadstoneError
from loadstone.facts.dataset import Sample
from tests.augmentation.painted import check_boxes_follow, copy_of, painted, same

SEEDS = st.integers(0, 2**32 - 1)


def others(seed: int, *, keypoints: bool = False) -> More:
    """Return an offer of pictures with one object each, of classes 2, 3, 4, 5."""
    left = [2, 3, 4, 5]

    def more(random: np.random.Generator) -> Sample:
        height, width = (int(side) for side in np.random.default_rng(seed + left[0]).integers(40, 90, 2))
        return painted(random, height, width, 1, first=left.pop(0), keypoints=keypoints)

    return more


@settings(max_examples=40)
@given(seed=SEEDS)
def test_boxes_follow_the_painted_pixels_of_four_pictures(seed: int) -> None:
    random = np.random.default_rng(seed)
    step = Mosaic(96, min_visible=0.0)
    after = augment(painted(random, 60, 80, 2), random, (step,), others(seed))
    assert after.image.shape == (96, 96, 3)
    check_boxes_follow(after, slack=2.1)


def test_a_mosaic_has_something_of_all_four() -> None:
    """At scale a half the whole is one square, and nothing is lost but by the shift."""
    step = Mosaic(96, scale_min=0.5, scale_max=0.5, translate=0.0, min_visible=0.0)
    compared = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        after = augment(painted(random, 70, 70, 2), random, (step,), others(seed))
        compared += check_boxes_follow(after, slack=1.6)
        assert set(after.classes.tolist()) >= {0, 1} or len(after.classes) >= 3
    assert compared >= 40


@settings(max_examples=30)
@given(seed=SEEDS, share=st.sampled_from([0.0, 1.0]))
def test_boxes_follow_the_painted_pixels_of_a_mixup(seed: int, share: float) -> None:
    """With the whole share on one side, that picture alone is seen, and its boxes have to fit."""
    random = np.random.default_rng(seed)
    first = painted(random, 70, 80, 2)
    after = augment(first, random, (MixUp(share=share, min_visible=0.0),), others(seed))
    mine = after.classes < 2
    assert mine.sum() == 2
    seen = replace(after, boxes=after.boxes[mine == bool(share)], classes=after.classes[mine == bool(share)])
    check_boxes_follow(seen, slack=0.01 if share else 2.1)


def test_a_mixup_blends() -> None:
    first = painted(np.random.default_rng(0), 70, 80, 2)
    images = {}
    for share in (0.0, 0.3, 1.0):
        images[share] = augment(first, np.random.default_rng(5), (MixUp(share=share),), others(5)).image
    np.testing.assert_array_equal(images[1.0], first.image)
    np.testing.assert_allclose(images[0.3], 0.3 * images[1.0] + 0.7 * images[0.0], atol=1e-3)


@pytest.mark.parametrize("step", [Mosaic(64), MixUp()])
def test_the_same_numbers_give_the_same_and_nothing_that_came_in_is_changed(step: Mosaic | MixUp) -> None:
    first = painted(np.random.default_rng(0), 50, 60, 3, keypoints=True)
    second = painted(np.random.default_rng(1), 70, 50, 3, keypoints=True)
    originals = copy_of(first), copy_of(second)
    found = [augment(first, np.random.default_rng(seed), (step,), lambda random: second) for seed in (7, 7, 8)]
    assert same(found[0], found[1])
    assert not same(found[0], found[2])
    assert same(first, originals[0])
    assert same(second, originals[1])
    assert found[0].key == first.key


def test_chances_hold() -> None:
    first = painted(np.random.default_rng(0), 50, 60, 3)
    random = np.random.default_rng(0)
    for step in (Mosaic(32, probability=0.3), MixUp(probability=0.3)):
        changed = [augment(first, random, (step,), lambda random: first) is not first for _ in range(300)]
        assert np.mean(changed) == pytest.approx(0.3, abs=0.11)


def test_without_other_pictures_a_mosaic_is_refused() -> None:
    first = painted(np.random.default_rng(0), 50, 60, 3)
    with pytest.raises(LoadstoneError, match="Mosaic takes other pictures of the dataset, and none are offered"):
        augment(first, np.random.default_rng(0), (Mosaic(),))
    steps = preset("yolox", 64)
    assert [type(step).__name__ for step in without_mixing(steps)] == [
        "RandomAffine",
        "HsvJitter",
        "RandomHorizontalFlip",
    ]
    after = augment(first, np.random.default_rng(0), steps, lambda random: first)
    assert after.image.shape == (64, 64, 3)


def test_keypoints_are_joined_and_missing_ones_are_nan() -> None:
    first = painted(np.random.default_rng(0), 50, 60, 2, keypoints=True)
    plain = painted(np.random.default_rng(1), 50, 60, 3)
    both = joined([first, plain], first.image)
    assert both.keypoints is not None
    assert np.isnan(both.keypoints).all(axis=(1, 2)).tolist() == [False, False, True, True, True]
    assert joined([plain, plain], plain.image).keypoints is None


def test_a_picture_that_lies_wholly_outside_draws_nothing_and_has_no_objects() -> None:
    canvas = np.full((20, 20, 3), 5, np.float32)
    laid = lay(painted(np.random.default_rng(0), 50, 60, 2), canvas, (10, 10), (30, -40), 0.0)
    assert len(laid.boxes) == 0
    assert (canvas == 5).all()
