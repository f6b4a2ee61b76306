"""Every resizer against what the original API computed for ten sizes of picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loadstone.detectors.interpolate import Image, bilinear
from loadstone.detectors.resizers import Resized, conditional_shape, fixed_shape, keep_aspect_ratio, pad_to_multiple
from tests.detectors.goldens import picture, recipe

RESIZERS: dict[str, Callable[[Image], Resized]] = {
    "fixed_300": lambda image: fixed_shape(image, 300, 300),
    "fixed_320": lambda image: fixed_shape(image, 320, 320),
    "fixed_640x480_bicubic": lambda image: fixed_shape(image, 640, 480, method="BICUBIC"),
    "fixed_320_area": lambda image: fixed_shape(image, 320, 320, method="AREA"),
    "fixed_320_nearest": lambda image: fixed_shape(image, 320, 320, method="NEAREST_NEIGHBOR"),
    "keep_512_512_pad": lambda image: keep_aspect_ratio(image, 512, 512, pad=True),
    "keep_640_640_pad": lambda image: keep_aspect_ratio(image, 640, 640, pad=True),
    "keep_800_1333_pad": lambda image: keep_aspect_ratio(image, 800, 1333, pad=True),
    "keep_600_1024": lambda image: keep_aspect_ratio(image, 600, 1024),
    "keep_512_512_padvalue": lambda image: keep_aspect_ratio(image, 512, 512, pad=True, pad_value=(124, 116, 104)),
    "cond_greater_500": lambda image: conditional_shape(image, 500, greater=True),
    "cond_smaller_500": lambda image: conditional_shape(image, 500, greater=False),
    "pad_to_multiple_32": lambda image: pad_to_multiple(image, 32),
    "identity": lambda image: Resized(image, (image.shape[0], image.shape[1])),
}
SIZES = ("426x640", "640x426", "100x50", "50x100", "1200x1600", "33x77", "2x3", "512x512", "853x1280", "1x9")


@pytest.mark.parametrize("name", sorted(RESIZERS))
def test_resizer_equals_the_original(name: str, shared: Path) -> None:
    golden = recipe(shared)
    cases = json.loads((shared / "goldens" / "preprocess_cases.json").read_text())["cases"]
    samples = np.load(shared / "goldens" / "preprocess_cases.npz")
    compared = 0
    for size in SIZES:
        case = f"{name}|{size}"
        if case not in cases:
            continue
        height, width = map(int, size.split("x"))
        resized = RESIZERS[name](picture(shared, height, width))
        assert list(resized.image.shape) == cases[case]["shape"], case
        assert [*resized.true_shape, 3] == list(cases[case]["true_shape"]), case
        indices = golden.sample_indices(f"resize:{case}", resized.image.size, 128)
        key = next(key for key in samples.files if key.replace("|", "/") == case.replace("|", "/"))
        # A few units in the last place of numbers up to 255: the original multiplies in another order.
        np.testing.assert_allclose(resized.image.reshape(-1)[indices], samples[key], rtol=0, atol=2e-4, err_msg=case)
        compared += 1
    assert compared >= 5


@pytest.mark.parametrize("size", [(7, 9), (40, 31), (17, 90)])
def test_a_window_is_that_part_of_the_whole(size: tuple[int, int]) -> None:
    image = np.random.default_rng(3).random((17, 31, 3), np.float32) * 255
    whole = bilinear(image, *size)
    top, left, bottom, right = 2, 3, size[0] - 1, size[1]
    part = bilinear(image, *size, window=(top, left, bottom, right))
    np.testing.assert_array_equal(part, whole[top:bottom, left:right])


def test_bilinear_leaves_its_input_alone() -> None:
    image = np.random.default_rng(4).random((5, 6, 3), np.float32)
    before = image.copy()
    bilinear(image, 5, 6)
    bilinear(image, 11, 2)
    np.testing.assert_array_equal(image, before)
