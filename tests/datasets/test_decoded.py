"""Pictures as the annotation means them: turned by EXIF where it is of the upright picture, and only there."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from loadstone.datasets.decoded import pixels_of, sample_of
from loadstone.wire.picture import ORIENTATION
from tests.datasets.made import example


def photo(orientation: int) -> bytes:
    """A picture of 40 × 20, white in its left half."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image = Image.new("RGB", (40, 20))
    image.paste((255, 255, 255), (0, 0, 20, 20))
    out = io.BytesIO()
    image.save(out, "PNG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(
    ("size", "upright", "orientation", "shape", "left_is_white"),
    [
        ((40, 20), None, 6, (20, 40), True),
        ((20, 40), None, 6, (40, 20), None),
        ((0, 0), None, 6, (20, 40), True),
        ((40, 20), None, 3, (20, 40), True),
        ((40, 20), True, 3, (20, 40), False),
        ((20, 40), True, 6, (40, 20), None),
        ((20, 40), False, 6, (20, 40), True),
    ],
)
def test_turning(
    size: tuple[int, int], upright: bool | None, orientation: int, shape: tuple[int, int], left_is_white: bool | None
) -> None:
    made = replace(example("a.png", size=size, data=photo(orientation)), upright=upright)
    pixels = pixels_of(made)
    assert pixels.shape == (*shape, 3)
    if left_is_white is not None:
        assert bool(pixels[0, 0, 0] == 255) is left_is_white


def test_fractions_are_of_the_stated_size() -> None:
    made = example("a.png", [(0, (8, 6, 16, 12))], size=(64, 48), data=photo(1))
    assert sample_of(made, pixels_of(made)).boxes.tolist() == [[0.125, 0.125, 0.25, 0.25]]
    unstated = replace(made, width=0, height=0)
    assert sample_of(unstated, pixels_of(unstated)).boxes.tolist()[0] == pytest.approx([0.3, 0.2, 0.6, 0.4])
