"""What a picture's head says, and when a stated size turns it."""

from __future__ import annotations

import io

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
