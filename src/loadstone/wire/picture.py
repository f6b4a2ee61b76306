"""Pictures to pixels, through Pillow: `decode` gives uint8 (height, width, 3), RGB, or says in one sentence why not.

Grey, alpha, palette, CMYK and 16-bit pictures become 8-bit RGB; of an animation the first frame is taken.
The EXIF orientation is applied, ignored, or applied only where a stated size asks for it.
Formats whose readers start other programs (EPS) are not opened.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from loadstone.errors import LimitError, SourceError
from loadstone.wire.limits import PICTURE_PIXELS

if TYPE_CHECKING:
    from collections.abc import Iterator

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

SIDEWAYS = (
    Image.Transpose.TRANSPOSE,
    Image.Transpose.ROTATE_270,
    Image.Transpose.TRANSVERSE,
    Image.Transpose.ROTATE_90,
)
"""What changes width with height."""

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
class PictureHead:
    """What a picture's first bytes say: size as stored, format as Pillow names it, and what brings it upright."""

    width: int
    height: int
    format: str
    turn: Image.Transpose | None

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height of the picture as its EXIF orientation turns it."""
        return (self.height, self.width) if self.turn in SIDEWAYS else (self.width, self.height)

    def turns_to(self, stated: tuple[int, int]) -> bool:
        """Whether a stated (width, height) is that of the upright picture, and not of the stored one."""
        return self.turn is not None and stated == self.upright != (self.width, self.height)


def decode(
    stream: IO[bytes],
    *,
    where: str,
    ignore_exif: bool = False,
    stated: tuple[int, int] | None = None,
    least: int = 0,
) -> Pixels:
    """Decode one picture from a stream that can seek: uint8 (height, width, 3), RGB, upright.

    With a `stated` (width, height) the EXIF orientation is applied only where that is the size it leads to. With
    `least`, a JPEG whose sides are both at least twice that comes at a half, a quarter or an eighth of its size, in
    which the decoder does less work, as long as no side becomes shorter than `least`.
    """
    with opened(stream, where) as image:
        first = _head(image)
        if least:
            _shrink(image, least)
        # First load, then look: Pillow turns a TIFF upright by itself while loading.
        image.load()
        turn = None if ignore_exif else turn_of(image)
        if stated is not None and not first.turns_to(stated):
            turn = None
        upright = rgb(image)
        return np.asarray(upright if turn is None else upright.transpose(turn))


def _shrink(image: Image.Image, least: int) -> None:
    """Tell the decoder of a JPEG to give the smallest of its sizes whose shorter side is still `least`."""
    shorter = min(image.size)
    scale = next((scale for scale in (8, 4, 2) if shorter >= scale * least), 1)
    if scale > 1 and image.format in ("JPEG", "MPO"):
        image.draft("", (image.width // scale, image.height // scale))


def head(stream: IO[bytes], *, where: str) -> PictureHead:
    """Return what a picture's first bytes say, without decoding it. Raises as `decode` does."""
    with opened(stream, where) as image:
        return _head(image)


def _head(image: Image.Image) -> PictureHead:
    return PictureHead(image.width, image.height, image.format or "", turn_of(image))


@contextmanager
def opened(stream: IO[bytes], where: str) -> Iterator[Image.Image]:
    """Give the opened picture; whatever Pillow raises for it within becomes an error of ours (see `decode`)."""
    try:
        with Image.open(stream, formats=FORMATS) as image:
            _check_size(image, where)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(str(error).split(",")[0], where) from error
    except UnidentifiedImageError as error:
        raise SourceError(f"not a picture: {_kind(stream)}", where=where) from error
    except UNREADABLE as error:
        raise SourceError(f"the picture is broken: {_reason(error)}", where=where) from error


def _check_size(image: Image.Image, where: str) -> None:
    if image.width * image.height > PICTURE_PIXELS:
        raise _too_large(f"{image.width:,} × {image.height:,} pixels", where)


def _too_large(found: str, where: str) -> LimitError:
    return LimitError(
        "the picture has more pixels than are decoded", where=where, expected=f"at most {PICTURE_PIXELS:,}", found=found
    )


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """Return what brings an opened picture upright, as its EXIF orientation says."""
    if image.format != "TIFF" and not any(key in image.info for key in EXIF_HOLDERS):
        return None
    try:
        orientation = image.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        # Broken metadata must not cost the picture; as stored is how every viewer then shows it.
        return None
    return UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def rgb(image: Image.Image) -> Image.Image:
    """Bring an opened picture of any mode to 8-bit RGB; alpha is dropped, as TensorFlow and OpenCV drop it."""
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
