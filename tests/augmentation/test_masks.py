"""Masks go where the pixels go, through every step that moves pixels; a step that they do not follow is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from loadstone.augmentation.affine import RandomAffine
from loadstone.augmentation.autoaugment import AutoAugmentImage
from loadstone.augmentation.labels import RandomSelfConcatImage
from loadstone.augmentation.mixing import MixUp, Mosaic
from loadstone.augmentation.sizes import RandomResizeMethod
from loadstone.augmentation.step import Augmentation, augment, refuse_without_masks
from loadstone.errors import UnsupportedModelError
from loadstone.facts.dataset import Sample
from loadstone.facts.masks import MaskView
from loadstone.training.setup.feed import cut
from tests.augmentation.painted import colour_map, painted
from tests.augmentation.test_geometry import MOVING

STEPS: dict[str, Augmentation] = {
    **{name: step for name, (step, _) in MOVING.items() if name != "jitter"},
    "doubled": RandomSelfConcatImage(1.0, 1.0),
    "any method": RandomResizeMethod(70, 80),
}


def masked(sample: Sample) -> Sample:
    """Return the painted sample with masks of what is painted; a hole in each, which is grey."""
    colours = colour_map(sample.image)
    views = []
    for number in sample.classes.tolist():
        rows, columns = np.arange(colours.shape[0]), np.arange(colours.shape[1])
        views.append(MaskView(partial(np.equal, colours, number), rows, columns))
    return replace(sample, masks=tuple(views), keypoints=None)


def check_masks_follow(after: Sample, least: float) -> int:
    """Fail unless each mask is what has its class's colour, but for edges; return how many were compared."""
    colours, compared = colour_map(after.image), 0
    assert after.masks is not None
    assert len(after.masks) == len(after.boxes)
    for number in set(after.classes.tolist()):
        views = [mask for mask, kind in zip(after.masks, after.classes, strict=True) if mask and kind == number]
        found = np.any([view.pixels() for view in views], axis=0)
        assert found.shape == after.image.shape[:2]
        shown = colours == number
        compared += 1
        if shown.sum() > 300:
            assert (found & shown).sum() / (found | shown).sum() >= least, number
    return compared


@pytest.mark.parametrize("name", STEPS)
def test_masks_follow_the_painted_pixels(name: str) -> None:
    scaled = any(word in name for word in ("scale", "stretch", "letterbox", "method"))
    compared = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        sample = masked(painted(random, 64, 90, 4))
        after = augment(sample, random, [STEPS[name]])
        compared += check_masks_follow(after, 0.7 if scaled else 0.97 if name == "square crop" else 1.0)
    assert compared > 4


def _next_of(samples: Iterator[Sample], random: np.random.Generator) -> Sample:
    return next(samples)


@pytest.mark.parametrize("step", [Mosaic(128, scale_min=0.5, scale_max=0.7), MixUp(share=0.45)])
def test_masks_follow_into_mixtures(step: Mosaic | MixUp) -> None:
    compared = 0
    for seed in range(4):
        random = np.random.default_rng(seed)
        first, *others = (masked(painted(random, 60, 80, 1, first=number)) for number in range(5))
        after = step.mix(first, random, partial(_next_of, iter(others)))
        if isinstance(step, Mosaic):
            check_masks_follow(after, 0.7)
        assert after.masks is not None
        for mask, box in zip(after.masks, after.boxes, strict=True):
            assert mask is not None
            rows, columns = np.nonzero(mask.pixels())
            edges = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
            np.testing.assert_allclose(edges, box * np.tile(after.image.shape[:2], 2), atol=1.01)
            compared += 1
    assert compared > 6


def test_what_has_no_mask_keeps_none() -> None:
    random = np.random.default_rng(3)
    plain, other = painted(random, 60, 80, 2), masked(painted(random, 60, 80, 2, first=2))
    assert augment(plain, random, [STEPS["crop"], STEPS["quarter turn"], STEPS["doubled"]]).masks is None
    after = MixUp().mix(plain, random, lambda random: other)
    assert after.masks is not None
    assert [mask is None for mask in after.masks[:2]] == [True, True]
    assert after.masks[2] is not None
    few = cut(after, 1)
    assert few.masks == (None,)


@pytest.mark.parametrize("step", [RandomAffine(), AutoAugmentImage()])
def test_steps_that_masks_do_not_follow_are_refused(step: Augmentation) -> None:
    random = np.random.default_rng(0)
    with pytest.raises(UnsupportedModelError, match=f"do not follow the step {type(step).__name__}"):
        augment(masked(painted(random, 60, 80, 1)), random, [step])
    augment(painted(random, 60, 80, 1), random, [step])
    with pytest.raises(UnsupportedModelError):
        refuse_without_masks([STEPS["crop"], step])
