"""Where TensorFlow's kernels define what a step does: compared with TensorFlow itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from loadstone.augmentation import colours
from loadstone.augmentation.sizes import RandomImageScale, ResizeImage
from loadstone.augmentation.window import Rule, draw_window
from loadstone.facts.masks import MaskView
from tests.augmentation.painted import painted

pytestmark = pytest.mark.tensorflow

TOLERANCE = 255e-3
"""A thousandth of the full range; the largest difference found is a millionth."""


@pytest.fixture(scope="module")
def tf() -> Any:
    return pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.float32]:
    """Random colours, and rows of greys, of primary colours, of black and of white."""
    random = np.random.default_rng(0)
    picture = random.random((97, 133, 3), np.float32) * 255
    picture[:10] = picture[:10, :, :1]
    picture[10:20] = np.clip(np.round(picture[10:20] / 64) * 64, 0, 255)
    picture[20:22], picture[22:24] = 0, 255
    picture[24:30, :, 0] = 0
    return picture


CASES: list[tuple[str, Callable[..., npt.NDArray[np.float32]], float]] = [
    *(("adjust_hue", colours.adjust_hue, delta) for delta in (-0.2, -0.02, 0.0, 0.013, 0.2, 0.5, 0.99)),
    *(("adjust_saturation", colours.adjust_saturation, factor) for factor in (0.0, 0.5, 0.8, 1.0, 1.25, 4.0)),
    *(("adjust_contrast", colours.adjust_contrast, factor) for factor in (0.0, 0.5, 1.0, 1.25, 4.0)),
    *(("adjust_brightness", colours.adjust_brightness, delta) for delta in (-0.9, -0.1, 0.0, 0.2)),
]


@pytest.mark.parametrize(("name", "function", "amount"), CASES)
def test_adjustments(
    tf: Any, image: npt.NDArray[np.float32], name: str, function: Callable[..., npt.NDArray[np.float32]], amount: float
) -> None:
    expected = np.clip(getattr(tf.image, name)(image / 255, amount).numpy() * 255, 0, 255)
    found = function(image, amount)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


def test_gamma(tf: Any, image: npt.NDArray[np.float32]) -> None:
    from loadstone.augmentation.photometric import AdjustGamma
    from loadstone.facts.dataset import Sample

    none = np.zeros(0, np.float32)
    sample = Sample("x", image, none.reshape(0, 4), none.astype(np.int64), none)
    found = AdjustGamma(0.7, 1.1)(sample, np.random.default_rng(0)).image
    expected = np.clip(tf.image.adjust_gamma(image / 255, 0.7, 1.1).numpy() * 255, 0, 255)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("quality", [1, 10, 50, 90])
def test_jpeg(tf: Any, image: npt.NDArray[np.float32], quality: int) -> None:
    """The encoders write the same bytes; TensorFlow reads with a faster, coarser cosine transform, off by one or so."""
    from loadstone.augmentation.noise import RandomJpegQuality
    from loadstone.facts.dataset import Sample

    smooth = np.cumsum(np.cumsum(image - image.mean(), axis=0), axis=1)
    smooth = np.clip(smooth / np.abs(smooth).max() * 127 + 128, 0, 255).astype(np.uint8)
    none = np.zeros(0, np.float32)
    sample = Sample("x", smooth.astype(np.float32), none.reshape(0, 4), none.astype(np.int64), none)
    found = RandomJpegQuality(0.0, quality, quality)(sample, np.random.default_rng(0)).image
    expected = tf.image.adjust_jpeg_quality(smooth, quality).numpy().astype(np.float32)
    assert np.abs(found - expected).mean() < 1.5
    assert (np.abs(found - smooth).mean() > 4) == (quality < 50)


DRAWS = 2000
FARTHEST = 2.7 * (2 / DRAWS) ** 0.5
"""Two samples of one distribution differ by more, in the Kolmogorov–Smirnov sense, once in a million times."""


@pytest.mark.parametrize(
    "rule",
    [
        Rule(0.0, 0.75, 3.0, 0.75, 1.0),
        Rule(1.0, 0.75, 1.33, 0.1, 1.0),
        Rule(0.5, 0.5, 2.0, 0.1, 1.0),
        Rule(0.3, 1.0, 1.0, 0.2, 0.6),
    ],
)
def test_windows_are_distributed_as_the_kernel_s(tf: Any, rule: Rule) -> None:
    height, width = 120, 160
    boxes = np.array([[0.1, 0.2, 0.5, 0.6], [0.6, 0.6, 0.95, 0.9], [0.3, 0.3, 0.301, 0.301]], np.float32)
    options = {
        "bounding_boxes": tf.constant(boxes[:, None]),
        "min_object_covered": rule.min_object_covered,
        "aspect_ratio_range": (rule.min_aspect_ratio, rule.max_aspect_ratio),
        "area_range": (rule.min_area, rule.max_area),
        "max_attempts": 100,
        "use_image_if_no_bounding_boxes": True,
    }
    size = tf.constant([height, width, 3])
    theirs = np.zeros((DRAWS, 4))
    for number in range(DRAWS):
        begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(size, seed=(number, 7), **options)
        theirs[number] = [*begin.numpy()[:2], *(begin + extent).numpy()[:2]]
    random = np.random.default_rng(3)
    ours = np.array([draw_window(height, width, boxes, rule, random) for _ in range(DRAWS)], float)
    for name, measure in MEASURES.items():
        # The kernel's extent of the third axis is -1 (all channels); only the first two are taken above.
        assert _distance(measure(ours), measure(theirs)) < FARTHEST, name


MEASURES: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "area": lambda window: (window[:, 2] - window[:, 0]) * (window[:, 3] - window[:, 1]),
    "aspect": lambda window: (window[:, 3] - window[:, 1]) / (window[:, 2] - window[:, 0]),
    "top": lambda window: window[:, 0],
    "left": lambda window: window[:, 1],
    "bottom": lambda window: window[:, 2],
    "right": lambda window: window[:, 3],
}


def _distance(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the largest difference between the two empirical distribution functions."""
    places = np.union1d(one, other)
    steps = [np.searchsorted(np.sort(values), places, side="right") / len(values) for values in (one, other)]
    return float(np.abs(steps[0] - steps[1]).max())


def test_masks_are_resized_by_the_nearest_neighbour(tf: Any) -> None:
    random = np.random.default_rng(5)
    pixels = random.random((37, 53)) < 0.5
    view = MaskView(lambda: pixels, np.arange(37), np.arange(53))
    sample = replace(painted(random, 37, 53, 0), masks=(view,))
    for step, corners in ((ResizeImage(50, 29), False), (RandomImageScale(1.7, 1.7), True)):
        after = step(sample, random)
        size = after.image.shape[:2]
        resize = partial(tf.compat.v1.image.resize_nearest_neighbor, align_corners=corners)
        wanted = resize(pixels[None, ..., None].astype(np.float32), size).numpy()[0, ..., 0]
        assert after.masks is not None
        assert after.masks[0] is not None
        np.testing.assert_array_equal(after.masks[0].pixels(), wanted > 0)
