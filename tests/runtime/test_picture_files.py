"""Pictures from disk: every mode to RGB, upright, and one sentence for what is no picture."""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from loadstone.errors import LimitError, LoadstoneError, SourceError
from loadstone.runtime.pictures.picture_files import array_picture, image_picture, read_picture
from loadstone.wire import picture
from loadstone.wire.picture import decode
from tests.support.hostile import bit_flips, truncations


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format=form, **options)
    return stream.getvalue()


def decoded(data: bytes, **options: Any) -> np.ndarray:
    return decode(io.BytesIO(data), where="test", **options)


def ramp(width: int = 32, height: int = 16) -> Image.Image:
    """A picture whose corners all differ: red to the right, green downwards."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)[None]
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "P", "1", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    source = ramp()
    if mode in ("I;16", "I", "F"):
        grey = np.asarray(source.convert("L"), np.float64)
        dtype, scale = {"I;16": (np.uint16, 257), "I": (np.int32, 257), "F": (np.float32, 1 / 255)}[mode]
        source = Image.fromarray((grey * scale).astype(dtype))
        assert source.mode == mode
    else:
        source = source.convert(mode, palette=Image.Palette.ADAPTIVE)
    form = "TIFF" if mode in ("CMYK", "YCbCr", "F", "I") else "PNG"
    pixels = decoded(encoded(source, form))
    assert pixels.shape == (16, 32, 3)
    assert pixels.dtype == np.uint8
    shades = np.asarray(ramp().convert("L"), np.int32)
    if mode not in ("1",):
        assert np.abs(np.asarray(Image.fromarray(pixels).convert("L"), np.int32) - shades).max() <= 8


def test_sixteen_bits_keep_their_range() -> None:
    deep = Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert decoded(encoded(deep, "PNG"))[0, :, 0].tolist() == [0, 100, 255]


def test_transparent_palette_makes_no_noise() -> None:
    image = ramp().convert("P")
    assert decoded(encoded(image, "PNG", transparency=bytes(range(256)))).shape == (16, 32, 3)


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert decoded(data)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_orientation_brings_the_picture_upright(orientation: int, form: str) -> None:
    """Pillow's own exif_transpose is the oracle."""
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(ramp(), form, exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        stored = np.asarray(image.convert("RGB"))
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert np.array_equal(decoded(data), expected)
    assert np.array_equal(decoded(data, ignore_exif=True), stored)


def test_broken_exif_does_not_cost_the_picture() -> None:
    data = encoded(ramp(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert decoded(data).shape == (16, 32, 3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git-lfs pointer"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"just text", "it begins b'just text'"),
    ],
)
def test_what_is_no_picture_is_named(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match="not a picture") as caught:
        decoded(content)
    assert said in caught.value.fact


def test_truncated_picture_says_so() -> None:
    data = encoded(ramp(640, 480), "JPEG")
    with pytest.raises(SourceError, match=r"broken.*truncated"):
        decoded(data[: len(data) // 2])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "PPM"])
def test_hostile_bytes_end_in_an_error(form: str) -> None:
    data = encoded(ramp(), form)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for bad in [*truncations(data, every=16), *bit_flips(data, 150, 5)]:
            with contextlib.suppress(LoadstoneError):
                assert decoded(bad).dtype == np.uint8


def test_more_pixels_than_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "PICTURE_PIXELS", 500)
    with pytest.raises(LimitError) as caught:
        decoded(encoded(ramp(), "PNG"))
    assert (caught.value.expected, caught.value.found) == ("at most 500", "32 × 16 pixels")


def test_pillows_own_alarm_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    with pytest.raises(LimitError, match="more pixels than are decoded"):
        decoded(encoded(ramp(), "PNG"))


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a folder"):
        read_picture(tmp_path)
    with pytest.raises(SourceError, match="no such file"):
        read_picture(tmp_path / "absent.jpg")


def test_arrays_and_images_in_memory() -> None:
    assert array_picture(np.zeros((4, 6), np.uint8), "a").pixels.shape == (4, 6, 3)
    assert array_picture(np.zeros((4, 6, 4), np.uint8), "a").pixels.shape == (4, 6, 3)
    with pytest.raises(SourceError, match="not a picture"):
        array_picture(np.zeros((4, 6, 3), np.float32), "a")
    with pytest.raises(SourceError, match="not a picture"):
        array_picture(np.zeros((0, 6, 3), np.uint8), "a")
    assert image_picture(ramp().convert("L"), "a").pixels.shape == (16, 32, 3)
