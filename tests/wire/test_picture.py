"""What a picture's head says, and when a stated size turns it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from loadstone.errors import LimitError, SourceError
from loadstone.wire import picture
from loadstone.wire.picture import decode, head


def _photo(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[picture.ORIENTATION] = orientation
    out = io.BytesIO()
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_head_tells_size_and_turn(orientation: int) -> None:
    found = head(io.BytesIO(_photo(orientation)), where="x")
    assert (found.width, found.height, found.format) == (40, 20, "JPEG")
    assert found.upright == decode(io.BytesIO(_photo(orientation)), where="x").shape[1::-1]
    assert found.turns_to((20, 40)) == (orientation > 4)
    assert not found.turns_to((40, 20))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_stated_size_turns_only_where_it_is_the_upright_one(orientation: int) -> None:
    for stated in ((40, 20), (20, 40), (0, 0), (7, 7)):
        pixels = decode(io.BytesIO(_photo(orientation)), where="x", stated=stated)
        assert pixels.shape[1::-1] == ((20, 40) if orientation > 4 and stated == (20, 40) else (40, 20))


def test_a_head_is_refused_as_a_picture_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="not a picture: an HTML page"):
        head(io.BytesIO(b"<html>"), where="x")
    monkeypatch.setattr(picture, "PICTURE_PIXELS", 10)
    with pytest.raises(LimitError, match="more pixels"):
        head(io.BytesIO(_photo(1)), where="x")


@pytest.mark.parametrize(("least", "shape"), [(0, (480, 640)), (320, (480, 640)), (240, (240, 320)), (60, (60, 80))])
def test_a_large_jpeg_may_come_smaller(least: int, shape: tuple[int, int]) -> None:
    image = Image.radial_gradient("L").resize((640, 480)).convert("RGB")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    small = decode(out, where="x", least=least)
    assert small.shape == (*shape, 3)
    expected = np.asarray(image.resize(shape[::-1], Image.Resampling.BOX), np.int32)
    assert np.abs(small - expected).mean() < 2


def test_a_smaller_jpeg_is_turned_by_the_size_that_was_stated() -> None:
    exif = Image.Exif()
    exif[picture.ORIENTATION] = 6
    out = io.BytesIO()
    Image.new("RGB", (640, 480)).save(out, "JPEG", exif=exif)
    assert decode(out, where="x", stated=(480, 640), least=60).shape == (80, 60, 3)
    assert decode(out, where="x", stated=(640, 480), least=60).shape == (60, 80, 3)


def test_other_formats_come_whole() -> None:
    out = io.BytesIO()
    Image.new("RGB", (640, 480)).save(out, "PNG")
    assert decode(out, where="x", least=60).shape == (480, 640, 3)
