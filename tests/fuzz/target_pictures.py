"""Fuzz target: picture files of every format that is opened, decoded to pixels."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

from PIL import Image

from loadstone.errors import LoadstoneError
from loadstone.wire.picture import decode


def fuzz(data: bytes) -> None:
    with warnings.catch_warnings(), contextlib.suppress(LoadstoneError):
        warnings.simplefilter("ignore")
        pixels = decode(io.BytesIO(data), where="fuzz")
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            raise AssertionError(f"not RGB: {pixels.shape}")


def seeds() -> Iterator[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    for form in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO", "JPEG2000"):
        stream = io.BytesIO()
        options = {"exif": exif} if form in ("JPEG", "PNG", "WEBP", "TIFF") else {}
        Image.radial_gradient("L").resize((24, 16)).convert("RGB").save(stream, format=form, **options)
        yield stream.getvalue()
