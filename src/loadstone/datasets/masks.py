"""Masks as files write them → pixels, and back: run lengths, encoded pictures, numbers; outlines are drawn elsewhere.

Pixels are bool (H, W). Run lengths go down each column in turn, and begin with what is outside.
Specification: cocodataset.org, "Data format"; `image/object/mask` of tf_example_decoder in tensorflow/models.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.outlines import outlined
from loadstone.errors import FormatError, LimitError, LoadstoneError
from loadstone.facts.masks import Mask, PixelMask
from loadstone.wire.limits import PICTURE_PIXELS
from loadstone.wire.picture import opened, rgb
from loadstone.wire.run_lengths import parse_run_lengths

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Example, ReadBytes
    from loadstone.facts.masks import Pixels

    Lengths = npt.NDArray[np.int64]


def mask_pixels(mask: Mask, height: int, width: int, where: str = "") -> Pixels:
    """Return a mask's pixels in a picture of this size. Raises `LoadstoneError`, at `where`, for one that has none.

    A mask that is written in another size belongs to another picture, and is refused.
    """
    try:
        if not isinstance(mask, PixelMask):
            return outlined(mask, height, width)
        pixels = mask.draw()
    except LoadstoneError as error:
        raise (error.at(where) if where else error) from None
    if pixels.shape != (height, width):
        found = f"{pixels.shape[1]} × {pixels.shape[0]}"
        fact = "a mask has another size than its picture"
        raise FormatError(fact, where=where, expected=f"{width} × {height}", found=found)
    return pixels


def drawer(example: Example, row: int, height: int, width: int) -> Callable[[], Pixels] | None:
    """Return what draws the mask of an example's object at `row`; None for an object without one."""
    masks = example.objects.masks
    mask = None if masks is None else masks[row]
    return None if mask is None else partial(mask_pixels, mask, height, width, f"{example.where}: mask {row + 1}")


def run_mask(lengths: bytes | Lengths, height: int, width: int) -> PixelMask:
    """Return the mask of run lengths, compressed or not."""
    written = partial(bytes, lengths) if isinstance(lengths, bytes) else lengths.tobytes
    return PixelMask(partial(_from_runs, lengths, height, width), written)


def _from_runs(lengths: bytes | Lengths, height: int, width: int) -> Pixels:
    if height * width > PICTURE_PIXELS:
        expected, found = f"at most {PICTURE_PIXELS:,} pixels", f"{width} × {height}"
        raise LimitError("run lengths of too large a mask", expected=expected, found=found)
    runs = parse_run_lengths(lengths) if isinstance(lengths, bytes) else lengths
    if (runs < 0).any() or (runs > height * width).any() or runs.sum() != height * width:
        expected, found = f"{height * width:,} pixels ({width} × {height})", f"{int(runs.sum()):,}"
        raise FormatError("run lengths do not add up to their picture", expected=expected, found=found)
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(width, height).T


def runs_of(pixels: Pixels) -> Lengths:
    """Return the run lengths of a mask, int64 (N,)."""
    flat = pixels.T.ravel()
    ends = np.concatenate([np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]])
    lengths = np.diff(np.concatenate([[0], ends]))
    # The first run is outside, and empty where the first pixel is inside.
    return np.concatenate([[0], lengths]) if flat.size and flat[0] else lengths


def picture_mask(read: ReadBytes) -> PixelMask:
    """Return the mask of an encoded picture, whose pixels above 0 are inside, as in the original."""
    return PixelMask(partial(_from_picture, read), read)


def _from_picture(read: ReadBytes) -> Pixels:
    with opened(io.BytesIO(read()), "the mask") as image:
        image.load()
        if image.mode in ("L", "1"):
            return np.asarray(np.asarray(image) > 0)
        return np.asarray(np.asarray(rgb(image)).any(axis=2))


def as_png(pixels: Pixels) -> bytes:
    """Return a mask as a PNG of one channel, 0 outside and 255 inside."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8) * np.uint8(255)).save(out, "PNG")
    return out.getvalue()


def number_mask(read: ReadBytes, height: int, width: int) -> PixelMask:
    """Return the mask of float32 numbers, row by row, of which those above 0 are inside, as in the original."""
    return PixelMask(partial(_from_numbers, read, height, width), read)


def _from_numbers(read: ReadBytes, height: int, width: int) -> Pixels:
    return np.asarray(np.frombuffer(read(), "<f4").reshape(height, width) > 0)
