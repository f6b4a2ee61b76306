"""A picture file, upright and in RGB: `read_picture` gives uint8 (height, width, 3), or says in one sentence why not.

Grey, alpha, palette, CMYK and 16-bit pictures become 8-bit RGB; of an animation the first frame is taken.
The EXIF orientation is applied unless it is to be ignored.
Formats whose readers start other programs (EPS) are not opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import LoadstoneError, SourceError
from loadstone.wire.picture import decode, rgb, turn_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

    Pixels = npt.NDArray[np.uint8]


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
    turn = turn_of(image)
    upright = rgb(image) if turn is None else rgb(image).transpose(turn)
    return array_picture(np.asarray(upright), name)
