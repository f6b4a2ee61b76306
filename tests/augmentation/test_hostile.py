"""No sample makes a step fail: pictures of a pixel or a row, without objects, with boxes empty, reversed or outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.augmentation import affine, mixing, noise, photometric, sizes, squares
from loadstone.augmentation.autoaugment import AutoAugmentImage
from loadstone.augmentation.config import KINDS
from loadstone.augmentation.step import Augmentation, augment
from loadstone.facts.dataset import Sample

STEPS: dict[str, Augmentation] = {
    **{name: kind() for name, kind in KINDS.items()},
    "random_scale_crop_and_pad_to_square": squares.RandomScaleCropAndPadToSquare(24),
    "resize_image": sizes.ResizeImage(9, 11),
    **{f"autoaugment {policy}": AutoAugmentImage(policy) for policy in ("v1", "v2", "v3")},
    "affine": affine.RandomAffine(),
    "letterbox": affine.Letterbox(16),
    "mosaic": mixing.Mosaic(16),
    "mixup": mixing.MixUp(),
    "hsv": photometric.HsvJitter(),
    "erasing": noise.RandomErasing(),
}
SIDES = st.one_of(st.integers(1, 4), st.integers(1, 60))


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Any picture that a dataset may hold, and boxes as files write them: empty, reversed, outside, the whole."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    height, width, count = draw(SIDES), draw(SIDES), draw(st.integers(0, 4))
    image = random.integers(0, 256, (height, width, 3)).astype(np.float32)
    boxes = random.uniform(-0.3, 1.3, (count, 4)).astype(np.float32)
    kind = draw(st.sampled_from(["any", "ordered", "flat", "whole", "tiny"]))
    if kind != "any":
        boxes = np.concatenate([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])], axis=1)
    if kind == "flat":
        boxes[:, 2] = boxes[:, 0]
    if kind == "whole":
        boxes[:] = (0, 0, 1, 1)
    if kind == "tiny":
        boxes[:, 2:] = boxes[:, :2] + np.float32(1e-6)
    return Sample("hostile", image, boxes, random.integers(0, 5, count), np.ones(count, np.float32))


@pytest.mark.parametrize("name", STEPS)
@settings(max_examples=25)
@given(sample=samples(), seed=st.integers(0, 2**32 - 1))
def test_a_sample_always_comes_out(name: str, sample: Sample, seed: int) -> None:
    after = augment(sample, np.random.default_rng(seed), (STEPS[name],), lambda random: sample)
    assert after.image.dtype == after.boxes.dtype == np.float32
    assert min(after.image.shape) >= 1
    assert np.isfinite(after.image).all()
    assert np.isfinite(after.boxes).all()
    assert after.image.min() >= 0
    assert after.image.max() <= 255
    assert len(after.boxes) == len(after.classes) == len(after.weights)
