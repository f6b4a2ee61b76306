"""Turns, shears and AutoAugment: a box is that of where the old box's pixels went."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from loadstone.augmentation import affine, autoaugment, pixels
from loadstone.augmentation.autoaugment import AutoAugmentImage
from loadstone.augmentation.config import read_augmentations
from loadstone.augmentation.policies import POLICIES
from loadstone.augmentation.step import Augmentation
from loadstone.errors import FormatError
from loadstone.facts.dataset import Sample
from loadstone.wire.textproto import parse
from tests.augmentation.painted import check_boxes_follow, copy_of, corners, painted, same

SEEDS = st.integers(0, 2**32 - 1)
WARPS: dict[str, Augmentation] = {
    "turn": affine.RandomAffine(180, 0, 1, 1, 0),
    "shear": affine.RandomAffine(0, 0, 1, 1, 30),
    "scale": affine.RandomAffine(0, 0, 0.6, 1.6, 0),
    "shift": affine.RandomAffine(0, 0.4, 1, 1, 0),
    "all": affine.RandomAffine(30, 0.1, 0.8, 1.4, 10),
}


def whole(sample: Sample) -> Sample:
    """Return the sample with the objects that the picture's edge does not cut: of a turned one that is cut, less of the
    box than its corners tell of is seen."""
    inside = ((sample.boxes > 0) & (sample.boxes < 1)).all(axis=1)
    return replace(sample, boxes=sample.boxes[inside], classes=sample.classes[inside])


@pytest.mark.parametrize("name", WARPS)
@settings(max_examples=25)
@given(seed=SEEDS)
def test_boxes_follow_the_painted_pixels(name: str, seed: int) -> None:
    """An acute corner's last pixels are mostly background, which is what the slack is for."""
    random = np.random.default_rng(seed)
    after = WARPS[name](painted(random, 80, 70, 6), random)
    check_boxes_follow(whole(after), slack=2.6)


@pytest.mark.parametrize("name", WARPS)
@settings(max_examples=25)
@given(seed=SEEDS)
def test_keypoints_are_the_corners_that_the_box_is_about(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    after = WARPS[name](painted(random, 80, 70, 6, keypoints=True), random)
    assert after.keypoints is not None
    for box, points in zip(after.boxes, after.keypoints, strict=True):
        if np.isfinite(points).all():
            np.testing.assert_allclose([*points.min(axis=0), *points.max(axis=0)], box, atol=1e-5)
        else:
            assert ((box == 0) | (box == 1)).any()


def test_objects_that_are_hardly_left_go() -> None:
    sample = painted(np.random.default_rng(0), 80, 80, 6)
    moved = [affine.warped(sample, affine.shifting(40, 0), least=least) for least in (0.0, 0.5, 1.0)]
    counts = [len(one.boxes) for one in moved]
    assert counts == sorted(counts, reverse=True)
    right = sample.boxes[:, 3] + 0.5
    assert counts[2] == (right <= 1).sum()
    assert counts[0] == (sample.boxes[:, 1] + 0.5 < 1).sum()


@pytest.mark.parametrize("operation", ["Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY"])
@settings(max_examples=15)
@given(seed=SEEDS, level=st.sampled_from([0, 1, 2]))
def test_boxes_follow_what_autoaugment_moves(operation: str, seed: int, level: int) -> None:
    """Nearest pixels move whole, so that only their corners are missed."""
    random = np.random.default_rng(seed)
    sample = painted(random, 110, 100, 6, keypoints=True)
    after = autoaugment.apply(sample, f"{operation}_BBox", probability=1.0, level=level, random=random)
    check_boxes_follow(whole(after), slack=1.6)
    if level == 0:
        np.testing.assert_allclose(after.boxes, sample.boxes, atol=1e-6)
    if operation.startswith("Translate"):
        check_boxes_follow(after, slack=0.01)
        assert after.keypoints is not None
        there = np.isfinite(after.keypoints).all(axis=2)
        np.testing.assert_allclose(after.keypoints[there], corners(after.boxes)[there], atol=1e-5)


@pytest.mark.parametrize("policy", ["v0", "v1", "v2", "v3", "test"])
def test_policies_give_samples_of_the_same_size_and_change_nothing_that_came_in(policy: str) -> None:
    step = AutoAugmentImage(policy)
    sample = painted(np.random.default_rng(1), 60, 70, 6, keypoints=True)
    original = copy_of(sample)
    changed = 0
    for seed in range(60):
        after = step(sample, np.random.default_rng(seed))
        assert same(after, step(sample, np.random.default_rng(seed)))
        assert after.image.shape == sample.image.shape
        assert after.image.dtype == np.float32
        assert ((after.boxes >= 0) & (after.boxes <= 1)).all()
        changed += not np.array_equal(after.image, pixels_of(sample))
    assert same(sample, original)
    assert changed > 20
    empty = painted(np.random.default_rng(1), 60, 70, 0)
    assert all(len(step(empty, np.random.default_rng(seed)).boxes) == 0 for seed in range(30))


def pixels_of(sample: Sample) -> np.typing.NDArray[np.float32]:
    return affine.in_bytes(sample.image).astype(np.float32)


def test_every_operation_of_every_policy_is_known_and_happens() -> None:
    names = {name for policy in POLICIES.values() for sequence in policy for name, _, _ in sequence}
    assert len(names) == 22
    assert [len(policy) for policy in POLICIES.values()] == [5, 20, 15, 15, 1]
    sample = painted(np.random.default_rng(3), 90, 80, 6)
    # Its colours span the whole range, which would leave nothing for AutoContrast to do.
    sample = replace(sample, image=sample.image * np.float32(0.5) + np.float32(40))
    for name in names:
        found = [
            autoaugment.apply(sample, name, probability=3.0, level=2, random=np.random.default_rng(seed)).image
            for seed in range(4)
        ]
        assert any(not np.array_equal(image, pixels_of(sample)) for image in found), name


def test_operations_on_boxes_change_nothing_outside_them() -> None:
    sample = painted(np.random.default_rng(3), 90, 80, 4)
    outside = np.ones((90, 80), bool)
    for box in sample.boxes:
        outside[autoaugment._pixels(box, sample.image)] = False
    for name in ("TranslateY_Only_BBoxes", "ShearX_Only_BBoxes", "Flip_Only_BBoxes", "Cutout_Only_BBoxes"):
        after = autoaugment.apply(sample, name, probability=3.0, level=6, random=np.random.default_rng(0))
        np.testing.assert_array_equal(after.image[outside], sample.image[outside])
        np.testing.assert_array_equal(after.boxes, sample.boxes)


def test_a_cutout_of_a_box_lies_about_a_pixel_of_it() -> None:
    sample = replace(painted(np.random.default_rng(3), 60, 60, 0), boxes=np.array([[0.5, 0.5, 0.9, 0.9]], np.float32))
    for seed in range(20):
        after = autoaugment.apply(sample, "BBox_Cutout", probability=1.0, level=10, random=np.random.default_rng(seed))
        rows, columns = np.nonzero((after.image != sample.image).any(axis=2))
        assert min(rows.min(), columns.min()) >= 30 - 9
        assert np.ptp(rows) <= 18
        assert np.ptp(columns) <= 18


IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)


def test_pixels_are_pillow_s() -> None:
    picture = Image.fromarray(IMAGE)
    for found, expected in (
        (pixels.auto_contrast(IMAGE), ImageOps.autocontrast(picture)),
        (pixels.equalize(IMAGE), ImageOps.equalize(picture)),
        (pixels.posterize(IMAGE, 3), ImageOps.posterize(picture, 3)),
        (pixels.solarize(IMAGE, 100), ImageOps.solarize(picture, 100)),
        (pixels.sharpness(IMAGE, 1.5), ImageEnhance.Sharpness(picture).enhance(1.5)),
    ):
        np.testing.assert_array_equal(found, np.asarray(expected))


def test_pixels_where_the_original_is_not_pillow() -> None:
    assert set(pixels.posterize(IMAGE, 0).ravel().tolist()) == {0, 128}
    assert pixels.solarize_add(IMAGE, 110).min() >= 110
    # 2,000 pixels by 256 is 7; half way to it.
    half = pixels.contrast(IMAGE, 0.5).astype(float)
    np.testing.assert_allclose(half, (IMAGE + 7.0) / 2, atol=1)


def test_the_policy_is_read_from_a_configuration() -> None:
    text = b'train_config { data_augmentation_options { autoaugment_image { policy_name: "v2" } } }'
    assert read_augmentations(parse(text)) == (AutoAugmentImage("v2"),)
    with pytest.raises(FormatError, match="policy_name is none that is known — expected v0 or v1"):
        AutoAugmentImage("v9")
