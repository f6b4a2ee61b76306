"""A picture file, upright and in RGB: `read_picture` gives uint8 (height, width, 3), or says in one sentence why not.

Grey, alpha, palette, CMYK and 16-bit pictures become 8-bit RGB; of an animation the first frame is taken.
The EXIF orientation is applied unless it is to be ignored.
Formats whose readers start other programs (EPS) are not opened.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from loadstone.errors import LimitError, LoadstoneError, SourceError
from loadstone.wire.limits import PICTURE_PIXELS

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "BMP", "DIB", "GIF", "PPM", "TIFF", "WEBP", "AVIF", "JPEG2000", "ICO", "TGA")
"""What is opened, the first six without loading further readers (JPEG brings MPO with it).

Not EPS and WMF, whose readers call other programs, and no format that holds no photographs.
"""

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What Pillow raises for broken pictures, by experience with flipped bits; all mean that the bytes are at fault."""

ORIENTATION = 0x0112
UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what brings the picture upright (EXIF 2.32, table of tag 274)."""

EXIF_HOLDERS = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")
"""Keys under which Pillow notes that a file carries EXIF or XMP; without one, there is nothing to parse."""

HEAD_BYTES = 64

KINDS = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"version https://git-lfs", "a git-lfs pointer; fetch the file with: git lfs pull"),
    (b"%pdf", "a PDF document"),
    (b"%!ps", "a PostScript document"),
    (b"pk\x03\x04", "a zip archive"),
)
HEIF_BRANDS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in memory. `name` is as the user gave it; `file_name` suits a file of its own.

    `pixels` is uint8 (height, width, 3), RGB. `again` gives the same pixels later, from the file where there is one.
    """

    name: str
    file_name: str
    pixels: Pixels
    again: Callable[[], Pixels]


@dataclass(frozen=True, slots=True)
class BadPicture:
    """A picture that could not be had, with the reason."""

    name: str
    error: LoadstoneError


def read_picture(path: Path, *, name: str = "", ignore_exif: bool = False) -> Picture:
    """Read one picture file; raises `SourceError`, or `LimitError` when it holds more pixels than are decoded."""

    def read() -> Pixels:
        if not path.is_file():
            # A pipe or a device could keep us waiting for ever.
            said = "a folder, where a picture is expected" if path.is_dir() else "there is no such file"
            raise SourceError("not a regular file" if path.exists() and not path.is_dir() else said, where=str(path))
        try:
            with path.open("rb") as stream:
                return decode(stream, where=str(path), ignore_exif=ignore_exif)
        except OSError as error:
            raise SourceError(f"the picture cannot be opened: {error.strerror}", where=str(path)) from error

    return Picture(name or str(path), path.name, read(), read)


def decode(stream: IO[bytes], *, where: str, ignore_exif: bool = False) -> Pixels:
    """Decode one picture from a stream that can seek: uint8 (height, width, 3), RGB, upright."""
    try:
        with Image.open(stream, formats=FORMATS) as image:
            _check_size(image, where)
            # First load, then look: Pillow turns a TIFF upright by itself while loading.
            image.load()
            turn = None if ignore_exif else _turn(image)
            upright = _rgb(image)
            return np.asarray(upright if turn is None else upright.transpose(turn))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(str(error).split(",")[0], where) from error
    except UnidentifiedImageError as error:
        raise SourceError(f"not a picture: {_kind(stream)}", where=where) from error
    except UNREADABLE as error:
        raise SourceError(f"the picture is broken: {_reason(error)}", where=where) from error


def kept_picture(name: str, file_name: str, pixels: Pixels) -> Picture:
    """Make a picture whose pixels cannot be read again and are therefore kept."""
    return Picture(name, file_name, pixels, lambda: pixels)


def array_picture(array: npt.NDArray[Any], name: str) -> Picture:
    """Take pixels in memory: uint8 (H, W, 3) RGB, (H, W, 4) RGBA or (H, W) grey; raises `SourceError` for others."""
    grey = array.ndim == 2
    if array.dtype != np.uint8 or not (grey or (array.ndim == 3 and array.shape[2] in (1, 3, 4))) or not array.size:
        raise SourceError(
            "an array is not a picture",
            where=name,
            expected="uint8 (height, width, 3), RGB",
            found=f"{array.dtype} {array.shape}",
            help="scale to 0..255 and convert with .astype('uint8'); OpenCV's pictures need [..., ::-1]",
        )
    pixels = array[..., None] if grey else array
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[..., :3]
    return kept_picture(name, f"{name}.png", pixels)


def image_picture(image: Image.Image, name: str) -> Picture:
    """Take a Pillow image as it lies in memory; orientation is applied as it is for a file."""
    turn = _turn(image)
    upright = _rgb(image) if turn is None else _rgb(image).transpose(turn)
    return array_picture(np.asarray(upright), name)


def _check_size(image: Image.Image, where: str) -> None:
    if image.width * image.height > PICTURE_PIXELS:
        raise _too_large(f"{image.width:,} × {image.height:,} pixels", where)


def _too_large(found: str, where: str) -> LimitError:
    return LimitError(
        "the picture has more pixels than are decoded", where=where, expected=f"at most {PICTURE_PIXELS:,}", found=found
    )


def _turn(image: Image.Image) -> Image.Transpose | None:
    if image.format != "TIFF" and not any(key in image.info for key in EXIF_HOLDERS):
        return None
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        # Broken metadata must not cost the picture; as stored is how every viewer then shows it.
        return None
    return UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _rgb(image: Image.Image) -> Image.Image:
    """Bring any mode to 8-bit RGB; alpha is dropped, as TensorFlow and OpenCV drop it."""
    if image.mode == "RGB":
        return image
    if image.mode == "F" or image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.mode in ("P", "PA"):
        # Straight from palette to RGB, Pillow warns about transparency that it cannot keep.
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _eight_bits(values: npt.NDArray[Any]) -> Pixels:
    """Scale deep grey to 8 bits: by 257 for 16 bits, by 255 for floats within 0..1, else clipped."""
    top = float(np.nanmax(values, initial=0))
    if values.dtype.kind == "f":
        scale = 255.0 if top <= 1.0 else 1.0
    else:
        scale = 1 / 257 if top > 255 or values.dtype.itemsize == 2 else 1.0
    scaled: Pixels = np.clip(np.nan_to_num(values) * scale + 0.5, 0, 255).astype(np.uint8)
    return scaled


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    return (" ".join(str(error).split()) or type(error).__name__)[:200]


def _kind(stream: IO[bytes]) -> str:
    """Say what a file is that is no picture, from its first bytes."""
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    for begins, said in KINDS:
        if head.lstrip().lower().startswith(begins):
            return said
    if head[4:12] in HEIF_BRANDS:
        return "an HEIC photograph, which Pillow does not read; save it as JPEG first"
    return f"it begins {head[:16]!r}" if head else "the file is empty"
