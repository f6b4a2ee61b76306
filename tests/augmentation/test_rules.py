"""Rules, ranges and probabilities: each step does what its numbers say, over many draws with fixed seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.augmentation import crops, flips, labels, noise, pads, photometric, sizes, squares
from loadstone.augmentation.objects import covered, overlapping
from loadstone.augmentation.step import Augmentation, augment, without_mixing
from loadstone.augmentation.window import Rule, draw_window
from loadstone.errors import FormatError, LimitError
from loadstone.facts.dataset import Sample
from tests.augmentation.painted import painted, same

DRAWS = 400


def share(step: Augmentation, sample: Sample) -> float:
    """Return how often the step changes the picture."""
    random = np.random.default_rng(0)
    changed = [not np.array_equal(step(sample, random).image, sample.image) for _ in range(DRAWS)]
    return float(np.mean(changed))


@pytest.mark.parametrize("step", [flips.RandomHorizontalFlip, flips.RandomVerticalFlip, flips.RandomRotation90])
def test_flips_happen_as_often_as_they_say(step: type[flips.RandomHorizontalFlip]) -> None:
    sample = painted(np.random.default_rng(1), 30, 31, 2)
    # Four standard deviations of 400 draws of a half are 0.1.
    assert share(step(), sample) == pytest.approx(0.5, abs=0.1)
    assert share(step(probability=0.2), sample) == pytest.approx(0.2, abs=0.08)
    assert share(step(probability=0.0), sample) == 0
    assert share(step(probability=1.0), sample) == 1


def test_the_other_chances_hold_too() -> None:
    sample = painted(np.random.default_rng(1), 30, 31, 2)
    assert share(photometric.RandomRgbToGray(0.3), sample) == pytest.approx(0.3, abs=0.1)
    assert share(noise.RandomErasing(0.7), sample) == pytest.approx(0.7, abs=0.1)
    assert share(noise.RandomPatchGaussian(0.4, 20, 30), sample) == pytest.approx(0.6, abs=0.1)
    assert share(noise.RandomJpegQuality(0.8, 0, 50), sample) == pytest.approx(0.2, abs=0.1)
    assert share(crops.RandomCropImage(0.1, max_area=0.9, random_coef=0.25), sample) == pytest.approx(0.75, abs=0.1)
    assert share(labels.RandomSelfConcatImage(0.1, 0.1), sample) == pytest.approx(0.19, abs=0.08)


def test_a_flip_of_keypoints_needs_to_know_where_they_go() -> None:
    sample = painted(np.random.default_rng(1), 30, 31, 2, keypoints=True)
    for order, found in (((), "found none"), ((0, 1), "[0, 1]"), ((0, 1, 2, 2), "[0, 1, 2, 2]")):
        with pytest.raises(FormatError, match="does not know where the 4 keypoints") as error:
            flips.RandomHorizontalFlip(order)(sample, np.random.default_rng(0))
        assert found in str(error.value)
    assert flips.RandomRotation90()(sample, np.random.default_rng(0)).keypoints is not None


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), least=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_a_window_keeps_to_its_rule(seed: int, least: float) -> None:
    """At least one object is covered by its part, area and aspect ratio are in range; or the picture is whole."""
    random = np.random.default_rng(seed)
    height, width = (int(side) for side in random.integers(40, 120, 2))
    boxes = painted(random, height, width, 3).boxes
    rule = Rule(least, 0.5, 2.0, 0.1, 0.9)
    top, left, bottom, right = draw_window(height, width, boxes, rule, random)
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    if (top, left, bottom, right) == (0, 0, height, width):
        return
    frame = top / height, left / width, bottom / height, right / width
    # The kernel counts an object's whole pixels.
    whole = (boxes * np.array([height, width, height, width], np.float32)).astype(np.int64) / (
        height,
        width,
        height,
        width,
    )
    assert covered(whole.astype(np.float32), frame).max() >= least - 1e-5
    rows, columns = bottom - top, right - left
    assert 0.1 <= rows * columns / (height * width) <= 0.9
    assert 0.5 - 0.5 / rows <= columns / rows <= 2 + 0.5 / rows


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), threshold=st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_a_crop_keeps_the_objects_that_are_inside_enough(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    sample = painted(random, 60, 80, 6)
    window = (
        int(random.integers(20)),
        int(random.integers(30)),
        int(random.integers(30, 60)),
        int(random.integers(40, 80)),
    )
    frame = window[0] / 60, window[1] / 80, window[2] / 60, window[3] / 80
    after = crops.cropped(sample, window, Rule(overlap_thresh=threshold))
    parts = covered(sample.boxes, frame)
    expected = np.flatnonzero((parts >= threshold) & overlapping(sample.boxes, frame))
    assert after.classes.tolist() == expected.tolist()
    assert (parts[expected] > 0).all()
    assert after.image.shape == (window[2] - window[0], window[3] - window[1], 3)
    assert ((after.boxes >= 0) & (after.boxes <= 1)).all()


def test_a_crop_whose_objects_are_too_small_to_cover_is_the_whole_picture() -> None:
    sample = painted(np.random.default_rng(1), 30, 31, 1)
    tiny = replace(sample, boxes=np.array([[0.5, 0.5, 0.501, 0.501]], np.float32))
    after = crops.RandomCropImage(0.0, max_area=0.5)(tiny, np.random.default_rng(0))
    assert after.image.shape == sample.image.shape


def test_a_picture_without_objects_is_cropped_as_if_it_were_one() -> None:
    sample = painted(np.random.default_rng(1), 60, 62, 0)
    sides = [
        crops.RandomCropImage(0.5, max_area=0.9)(sample, np.random.default_rng(seed)).image.shape for seed in range(9)
    ]
    assert len(set(sides)) > 5
    assert all(0.5 <= rows * columns / (60 * 62) <= 0.9 for rows, columns, _ in sides)


def test_unclipped_boxes_reach_out_and_keypoints_stay() -> None:
    sample = painted(np.random.default_rng(2), 60, 60, 6, keypoints=True)
    after = crops.cropped(sample, (10, 10, 40, 40), Rule(overlap_thresh=0.0, clip_boxes=False))
    assert after.boxes.min() < 0
    assert after.keypoints is not None
    assert not np.isnan(after.keypoints).any()


def test_a_box_without_area_is_dropped_by_a_crop_and_kept_by_a_square() -> None:
    sample = painted(np.random.default_rng(2), 60, 60, 1)
    flat = replace(sample, boxes=np.array([[0.2, 0.3, 0.2, 0.6]], np.float32))
    assert len(crops.cropped(flat, (0, 0, 60, 60), Rule(overlap_thresh=0.0)).boxes) == 0
    assert len(squares.RandomScaleCropAndPadToSquare(32, 0.9, 1.0)(flat, np.random.default_rng(0)).boxes) == 1


def test_ssd_rules_are_drawn_alike() -> None:
    rules = tuple(Rule(1.0, aspect, aspect, 0.04, 0.04) for aspect in (0.25, 1.0, 4.0))
    sample = replace(
        painted(np.random.default_rng(2), 100, 100, 1), boxes=np.array([[0.5, 0.5, 0.51, 0.51]], np.float32)
    )
    step = crops.SsdRandomCrop(rules)
    random = np.random.default_rng(0)
    shapes = [step(sample, random).image.shape[:2] for _ in range(DRAWS)]
    # A window of a twenty-fifth covers one pixel in a hundred attempts nearly always; a whole picture is a rare miss.
    for shape in ((40, 10), (20, 20), (10, 40)):
        assert shapes.count(shape) / DRAWS == pytest.approx(1 / 3, abs=0.1)


@pytest.mark.parametrize("scale", [(0.1, 1.0), (1.0, 2.0)])
def test_scales_of_the_square_are_uniform(scale: tuple[float, float]) -> None:
    sample = painted(np.random.default_rng(3), 40, 80, 0)
    step = squares.RandomScaleCropAndPadToSquare(50, *scale)
    random = np.random.default_rng(0)
    filled = []
    for _ in range(200):
        after = step(sample, random)
        assert after.image.shape == (50, 50, 3)
        filled.append(int((after.image[0] > 0).any(axis=1).sum()))
    if scale[1] == 1.0:
        assert np.mean(filled) / 50 == pytest.approx(0.55, abs=0.06)
        assert (min(filled), max(filled)) == (5, 49)
    else:
        assert set(filled) == {50}


def test_the_square_crop_has_a_side_of_eight_even_steps() -> None:
    sample = painted(np.random.default_rng(3), 60, 100, 0)
    random = np.random.default_rng(0)
    found = {squares.RandomSquareCropByScale()(sample, random).image.shape[0] for _ in range(200)}
    assert found == {int(scale * 100) for scale in np.linspace(0.6, 1.3, 8)}


def test_a_crop_s_border_is_halved_until_it_fits() -> None:
    assert [squares.crop_border(128, side) for side in (1, 2, 100, 255, 256, 257, 1000)] == [
        0,
        1,
        32,
        64,
        128,
        128,
        128,
    ]


def test_pads_are_of_the_colour_that_is_asked_for() -> None:
    sample = painted(np.random.default_rng(3), 30, 40, 1)
    random = np.random.default_rng(0)
    found = pads.padded(sample, (50, 60), (3, 4), (1.0, 2.0, 3.0))
    assert found.image[0, 0].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(found.image[3:33, 4:44], sample.image)
    mean = sample.image.mean(axis=(0, 1), dtype=np.float64)
    np.testing.assert_allclose(pads.padded(sample, (50, 60), (3, 4), ()).image[-1, -1], mean, rtol=1e-5)
    sizes_found = [pads.RandomAbsolutePadImage(20, 10)(sample, random).image.shape for _ in range(DRAWS)]
    assert {shape[0] for shape in sizes_found} == set(range(30, 50))
    assert {shape[1] for shape in sizes_found} == set(range(40, 50))


def test_a_picture_that_would_be_too_large_is_refused() -> None:
    sample = painted(np.random.default_rng(3), 30, 40, 1)
    with pytest.raises(LimitError, match="too large — expected at most 67,108,864 pixels; found 16,384 × 16,384"):
        pads.padded(sample, (1 << 14, 1 << 14), (0, 0), ())
    with pytest.raises(LimitError, match="at painted"):
        sizes.ResizeImage(1 << 14, 1 << 14)(sample, np.random.default_rng(0))


def test_pictures_shrink_to_the_pixels_asked_for() -> None:
    sample = painted(np.random.default_rng(3), 60, 80, 1)
    random = np.random.default_rng(0)
    step = sizes.RandomDownscaleToTargetPixels(0.0, 1000, 2000)
    counts = [np.prod(step(sample, random).image.shape[:2]) for _ in range(50)]
    assert max(counts) <= 2000
    assert min(counts) > 800
    assert sizes.RandomDownscaleToTargetPixels(0.0, 5000, 6000)(sample, random) is sample
    assert sizes.RandomDownscaleToTargetPixels(1.0, 10, 20)(sample, random) is sample


def test_a_resize_method_is_drawn() -> None:
    sample = painted(np.random.default_rng(3), 30, 40, 1)
    found = {
        sizes.RandomResizeMethod(17, 23)(sample, np.random.default_rng(seed)).image.tobytes() for seed in range(40)
    }
    assert len(found) == 4


def _deltas(step: Augmentation, sample: Sample) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(0)
    return np.array([float(step(sample, random).image[0, 0, 0]) for _ in range(DRAWS)])


def test_brightness_contrast_and_gain_stay_in_their_ranges() -> None:
    sample = painted(np.random.default_rng(3), 8, 8, 0)
    even = replace(sample, image=np.full((8, 8, 3), 100, np.float32))
    found = (_deltas(photometric.RandomAdjustBrightness(0.2), even) - 100) / 255
    assert (found.min(), found.max()) == (pytest.approx(-0.2, abs=0.01), pytest.approx(0.2, abs=0.01))
    assert np.abs(found).max() <= 0.2 + 1e-6
    half = replace(even, image=np.concatenate([np.full((4, 8, 3), 90), np.full((4, 8, 3), 110)]).astype(np.float32))
    found = (100 - _deltas(photometric.RandomAdjustContrast(0.8, 1.25), half)) / 10
    assert (found.min(), found.max()) == (pytest.approx(0.8, abs=0.01), pytest.approx(1.25, abs=0.01))
    found = _deltas(photometric.RandomPixelValueScale(0.9, 1.1), even) / 100
    assert (found.min(), found.max()) == (pytest.approx(0.9, abs=0.01), pytest.approx(1.1, abs=0.01))


def test_grey_is_the_original_s_luma() -> None:
    sample = replace(painted(np.random.default_rng(3), 8, 8, 0), image=np.full((2, 2, 3), (100, 50, 10), np.float32))
    after = photometric.RandomRgbToGray(1.0)(sample, np.random.default_rng(0))
    np.testing.assert_allclose(after.image, 0.2989 * 100 + 0.587 * 50 + 0.114 * 10, rtol=1e-6)


def test_colours_are_distorted_in_both_orders() -> None:
    sample = painted(np.random.default_rng(3), 40, 40, 3)
    found = [photometric.RandomDistortColor(order)(sample, np.random.default_rng(1)).image for order in (0, 1)]
    assert not np.array_equal(found[0], found[1])
    assert all(not np.array_equal(image, sample.image) for image in found)


def test_black_patches_are_squares_of_a_tenth() -> None:
    sample = replace(painted(np.random.default_rng(3), 50, 80, 0), image=np.full((50, 80, 3), 9, np.float32))
    counts = np.array(
        [
            (noise.RandomBlackPatches(1, 0.5)(sample, np.random.default_rng(seed)).image[..., 0] == 0).sum()
            for seed in range(DRAWS)
        ]
    )
    assert set(counts.tolist()) == {0, 25}
    assert (counts > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_a_patch_of_noise_stays_in_its_square() -> None:
    sample = replace(painted(np.random.default_rng(3), 50, 80, 0), image=np.full((50, 80, 3), 128, np.float32))
    for seed in range(30):
        step = noise.RandomPatchGaussian(0.0, 9, 10, 0.1, 0.2)
        rows, columns = np.nonzero((step(sample, np.random.default_rng(seed)).image != 128).any(axis=2))
        assert np.ptp(rows) <= 8
        assert np.ptp(columns) <= 8


def test_erasing_hides_a_part_of_the_asked_area() -> None:
    sample = replace(painted(np.random.default_rng(3), 100, 100, 0), image=np.full((100, 100, 3), 300, np.float32))
    parts = []
    for seed in range(100):
        after = noise.RandomErasing(1.0, 0.05, 0.2)(sample, np.random.default_rng(seed))
        parts.append((after.image != 300).all(axis=2).mean())
    assert min(parts) >= 0.04
    assert max(parts) <= 0.21


@pytest.mark.parametrize("mode", labels.MODES)
def test_boxes_are_jittered_as_the_mode_says(mode: str) -> None:
    boxes = np.tile(np.array([[0.3, 0.4, 0.5, 0.8]], np.float32), (500, 1))
    none = np.zeros(500, np.float32)
    sample = Sample("x", np.zeros((4, 4, 3), np.float32), boxes, none.astype(np.int64), none)
    after = labels.RandomJitterBoxes(0.1, mode)(sample, np.random.default_rng(0)).boxes
    sides = np.array([0.2, 0.4, 0.2, 0.4])
    outward = (after - boxes) * (-1, -1, 1, 1) / sides
    assert np.abs(outward).max() <= 0.05 + 1e-5
    assert np.abs(outward).max() > 0.049
    if mode.startswith("EXPAND"):
        assert outward.min() >= -1e-6
    if mode.startswith("SHRINK"):
        assert outward.max() <= 1e-6
    if "SYMMETRIC" in mode:
        np.testing.assert_allclose(outward[:, :2], outward[:, 2:], atol=1e-5)
    if mode.endswith("XY"):
        np.testing.assert_allclose(outward[:, 0], outward[:, 1], atol=1e-5)


def test_symmetric_jitter_stops_at_the_nearer_edge() -> None:
    sample = painted(np.random.default_rng(1), 30, 30, 1)
    edge = replace(sample, boxes=np.array([[0.0, 0.3, 0.4, 0.6]], np.float32))
    for seed in range(20):
        after = labels.RandomJitterBoxes(0.5, "EXPAND_SYMMETRIC")(edge, np.random.default_rng(seed)).boxes[0]
        assert (after[0], after[2]) == (pytest.approx(0), pytest.approx(0.4))


def test_labels_are_dropped_and_remapped_by_their_number_in_the_label_map() -> None:
    sample = painted(np.random.default_rng(1), 60, 60, 6)
    random = np.random.default_rng(0)
    assert labels.DropLabelProbabilistically(2)(sample, random).classes.tolist() == [0, 2, 3, 4, 5]
    kept = [len(labels.DropLabelProbabilistically(2, 0.3)(sample, random).classes) for _ in range(DRAWS)]
    assert np.mean(kept) == pytest.approx(5.7, abs=0.1)
    assert labels.RemapLabels((1, 4), 3)(sample, random).classes.tolist() == [2, 1, 2, 2, 4, 5]


def test_steps_go_one_after_another_and_the_same_numbers_give_the_same_sample() -> None:
    sample = painted(np.random.default_rng(1), 60, 70, 4)
    steps = (flips.RandomHorizontalFlip(), crops.SsdRandomCrop(), photometric.RandomAdjustHue())
    first, again, other = (augment(sample, np.random.default_rng(seed), steps) for seed in (4, 4, 5))
    assert same(first, again)
    assert not same(first, other)
    assert augment(sample, np.random.default_rng(0), ()) is sample
    assert without_mixing(steps) == steps
