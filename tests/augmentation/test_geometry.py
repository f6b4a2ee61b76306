"""Boxes and keypoints go where the pixels go, through every step that moves pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.augmentation import affine, crops, flips, labels, pads, sizes, squares
from loadstone.augmentation.step import Augmentation
from tests.augmentation.painted import CORNER_FLIP, check_boxes_follow, copy_of, corners, painted, same

MOVING: dict[str, tuple[Augmentation, float]] = {
    "horizontal flip": (flips.RandomHorizontalFlip(CORNER_FLIP), 0.01),
    "vertical flip": (flips.RandomVerticalFlip((2, 3, 0, 1)), 0.01),
    "quarter turn": (flips.RandomRotation90((1, 3, 0, 2)), 0.01),
    "crop": (crops.RandomCropImage(0.3, 0.5, 2, 0.1, 1, 0.1), 0.01),
    "ssd crop": (crops.SsdRandomCrop(), 0.01),
    "ssd crop to a ratio": (crops.SsdRandomCropFixedAspectRatio(aspect_ratio=1.5), 0.01),
    "crop to a ratio": (crops.RandomCropToAspectRatio(0.8), 0.01),
    "pad": (pads.RandomPadImage(), 0.01),
    "pad in black": (pads.RandomPadImage(80, 100, 130, 140, (0.0,)), 0.01),
    "pad by pixels": (pads.RandomAbsolutePadImage(20, 30, (0.0, 0.0, 0.0)), 0.01),
    "crop and pad": (pads.RandomCropPadImage(0.3, 0.5, 2, 0.1, 1, 0.1), 0.01),
    "ssd crop and pad": (pads.SsdRandomCropPad(), 0.01),
    "ssd crop and pad to a ratio": (pads.SsdRandomCropPadFixedAspectRatio(), 0.01),
    "square crop": (squares.RandomSquareCropByScale(), 1.01),
    "square, scaled down": (squares.RandomScaleCropAndPadToSquare(64, 0.5, 1.0), 1.6),
    "square, scaled up": (squares.RandomScaleCropAndPadToSquare(96, 1.0, 2.0), 2.1),
    "scale": (sizes.RandomImageScale(0.7, 2.0), 2.1),
    "stretch": (sizes.ResizeImage(90, 50), 1.6),
    "letterbox": (affine.Letterbox(90), 2.1),
    "jitter": (labels.RandomJitterBoxes(0.1), 2.0),
}
"""Step → by how many pixels of the new picture a box may miss its pixels.

Only resizing misses at all: output pixel i shows the input at i * scale, so that an edge lies within one pixel of the
old picture. The square crop blackens one row and column that it should show.
"""

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", MOVING)
@settings(max_examples=20)
@given(seed=SEEDS)
def test_boxes_follow_the_painted_pixels(name: str, seed: int) -> None:
    step, slack = MOVING[name]
    random = np.random.default_rng(seed)
    height, width, count = (int(random.integers(low, high)) for low, high in ((48, 90), (48, 90), (0, 7)))
    check_boxes_follow(step(painted(random, height, width, count), random), slack=slack)


@pytest.mark.parametrize("name", [name for name in MOVING if name != "jitter"])
@settings(max_examples=15)
@given(seed=SEEDS)
def test_keypoints_follow_their_boxes(name: str, seed: int) -> None:
    """A corner that is still in the picture is the same corner of the box; one outside is NaN."""
    random = np.random.default_rng(seed)
    after = MOVING[name][0](painted(random, 70, 60, 5, keypoints=True), random)
    assert after.keypoints is not None
    assert after.keypoints.shape == (len(after.boxes), 4, 2)
    there = ~np.isnan(after.keypoints).any(axis=2)
    np.testing.assert_allclose(after.keypoints[there], corners(after.boxes)[there], atol=1e-5)


@pytest.mark.parametrize("name", MOVING)
def test_the_boxes_are_really_seen(name: str) -> None:
    """The test above would hold of a step that drops everything."""
    step, slack = MOVING[name]
    seen = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        seen += check_boxes_follow(step(painted(random, 70, 60, 5), random), slack=slack)
    assert seen >= 30


@pytest.mark.parametrize("name", MOVING)
@settings(max_examples=15)
@given(seed=SEEDS)
def test_what_comes_out_is_a_sample_and_what_came_in_is_as_it_was(name: str, seed: int) -> None:
    step = MOVING[name][0]
    before = painted(np.random.default_rng(seed), 61, 52, 4, keypoints=True)
    original = copy_of(before)
    after = step(before, np.random.default_rng(seed))
    assert same(before, original)
    assert same(after, step(before, np.random.default_rng(seed)))
    assert after.image.dtype == after.boxes.dtype == after.weights.dtype == np.float32
    assert after.classes.dtype == np.int64
    assert after.image.ndim == 3
    assert after.image.min() >= 0
    assert after.image.max() <= 255
    assert len(after.boxes) == len(after.classes) == len(after.weights)
    assert after.boxes.size == 0 or (after.boxes.min() >= -1e-6 and after.boxes.max() <= 1 + 1e-6)
    # An object keeps its class and weight, whatever became of the others.
    of = dict(zip(before.classes.tolist(), before.weights.tolist(), strict=True))
    assert [of[number] for number in after.classes.tolist()] == after.weights.tolist()


@pytest.mark.parametrize(
    "step", [flips.RandomHorizontalFlip(CORNER_FLIP, 1.0), flips.RandomVerticalFlip((2, 3, 0, 1), 1)]
)
def test_a_flip_undoes_itself(step: Augmentation) -> None:
    before = painted(np.random.default_rng(5), 40, 60, 4, keypoints=True)
    random = np.random.default_rng(0)
    once = step(before, random)
    assert not same(before, once)
    twice = step(once, random)
    np.testing.assert_array_equal(twice.image, before.image)
    np.testing.assert_allclose(twice.boxes, before.boxes, atol=1e-6)
    assert before.keypoints is not None
    assert twice.keypoints is not None
    np.testing.assert_allclose(twice.keypoints, before.keypoints, atol=1e-6)


def test_four_quarter_turns_are_none() -> None:
    before = painted(np.random.default_rng(6), 40, 60, 4)
    after = before
    for _ in range(4):
        after = flips.RandomRotation90(probability=1.0)(after, np.random.default_rng(0))
    np.testing.assert_array_equal(after.image, before.image)
    np.testing.assert_allclose(after.boxes, before.boxes, atol=1e-6)


def test_a_picture_concatenated_with_itself_has_every_object_there_again() -> None:
    before = painted(np.random.default_rng(7), 50, 60, 3, keypoints=True)
    after = labels.RandomSelfConcatImage(1.0, 1.0)(before, np.random.default_rng(0))
    assert after.image.shape == (100, 120, 3)
    assert after.classes.tolist() == [0, 1, 2] * 4
    assert after.keypoints is not None
    np.testing.assert_allclose(after.keypoints, corners(after.boxes), atol=1e-6)
    for down in (0, 1):
        for across in (0, 1):
            part = after.image[down * 50 : (down + 1) * 50, across * 60 : (across + 1) * 60]
            np.testing.assert_array_equal(part, before.image)
    places = [np.array([down, across] * 2) / 2 for across in (0, 1) for down in (0, 1)]
    shifted = np.concatenate([before.boxes / 2 + place for place in places])
    np.testing.assert_allclose(after.boxes, shifted, atol=1e-6)
