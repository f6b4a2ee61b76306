"""From the painted picture to the network's padded tensor: boxes and keypoints are still where the pixels are."""

from __future__ import annotations

import numpy as np
import pytest

from loadstone.augmentation.presets import preset
from loadstone.augmentation.step import augment
from loadstone.blueprint.parts import Normalisation, Resizer
from loadstone.facts.dataset import Sample
from loadstone.training.pictures import prepare
from tests.augmentation.painted import CORNER_FLIP, check_boxes_follow, corners, painted

UNTOUCHED = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), before_resizing=True)


@pytest.mark.parametrize(
    "resizer",
    [
        Resizer("fixed", (90, 120)),
        Resizer("keep-aspect", (96, 96), pad=True),
        Resizer("keep-aspect", (80, 133), pad=True),
    ],
)
def test_boxes_are_fractions_of_the_padded_tensor(resizer: Resizer) -> None:
    steps = preset("ssd", keypoint_flip_permutation=CORNER_FLIP)
    compared = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        height, width = (int(side) for side in random.integers(48, 140, 2))
        sample = augment(painted(random, height, width, 5, keypoints=True), random, steps)
        found = prepare(sample, resizer, UNTOUCHED, 6)
        scale = max(true / side for true, side in zip(found.true_shape, sample.image.shape[:2], strict=True))
        after = Sample("", found.image, found.boxes, found.classes, found.weights)
        compared += check_boxes_follow(after, slack=max(1.6, scale + 0.6))
        assert found.keypoints is not None
        there = ~np.isnan(found.keypoints).any(axis=2)
        np.testing.assert_allclose(found.keypoints[there], corners(found.boxes)[there], atol=1e-5)
    assert compared > 60
