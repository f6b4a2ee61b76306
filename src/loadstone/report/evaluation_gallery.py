"""A mistake as a picture: the part of the photograph around it, with what is annotated and what was found.

Boxes are framed; where masks were measured, they are tinted in their box's colour.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from loadstone.errors import LoadstoneError
from loadstone.report.draw import tint

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import PIL.Image
    import PIL.ImageDraw

    from loadstone.facts.evaluation import Box, Mistake

TRUE, FOUND = (46, 204, 113), (231, 76, 60)
"""Green is what is annotated, red what was found; the caption says it in words, too."""

AROUND = 1.0
"""What is shown on each side of the boxes, as a share of their own size: enough to see what they lie on."""
LEAST_SIDE = 96
"""Pixels of the photograph that are shown at least, so that a tiny box is still seen where it lies."""
SHOWN = 320
"""Longer side of the drawing in pixels: five dozen of them are a page of 2 MB."""
MOST_ENLARGED = 3.0


def drawn(one: Mistake) -> PIL.Image.Image:
    """Return the drawing; raises `SourceError` where the picture cannot be read again."""
    from PIL import Image, ImageDraw

    from loadstone.errors import SourceError

    if one.pixels is None:
        raise SourceError("the picture's pixels are not at hand", where=one.key)
    image = Image.fromarray(_tinted(one.pixels(), one))
    left, top, right, bottom = window(one, image.size)
    scale = min(SHOWN / (right - left), SHOWN / (bottom - top), MOST_ENLARGED)
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    view = image.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom))
    draw = ImageDraw.Draw(view)
    for box, colour in ((one.truth_box, TRUE), (one.found_box, FOUND)):
        if box is not None:
            _frame(
                draw, [(side - begin) * scale for side, begin in zip(box, (left, top, left, top), strict=True)], colour
            )
    return view


def _tinted(pixels: npt.NDArray[np.uint8], one: Mistake) -> npt.NDArray[np.uint8]:
    """Return the photograph with the mistake's masks, if they are those of a picture of its size."""
    masks = [(mask(), colour) for mask, colour in ((one.truth_mask, TRUE), (one.found_mask, FOUND)) if mask is not None]
    copy = pixels.copy() if masks else pixels
    for inside, colour in masks:
        if inside.shape == copy.shape[:2]:
            tint(copy, inside, colour)
    return copy


def data_address(one: Mistake) -> str:
    """Return the drawing as a `data:` address for a page, empty where the picture cannot be read again."""
    try:
        image = drawn(one)
    except LoadstoneError:
        return ""
    stream = io.BytesIO()
    image.save(stream, format="JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def window(one: Mistake, size: tuple[int, int]) -> Box:
    """Return the part of a picture of this (width, height) that shows the mistake's boxes: xyxy in pixels."""
    boxes = [box for box in (one.truth_box, one.found_box) if box is not None]
    sides = []
    for axis in (0, 1):
        low, high = min(box[axis] for box in boxes), max(box[axis + 2] for box in boxes)
        reach = max((high - low) * (1 + 2 * AROUND), LEAST_SIDE) / 2
        middle = (low + high) / 2
        # Moved rather than cut where it would pass the picture's edge, and never empty for a box beyond it.
        begin = min(max(middle - reach, 0), max(size[axis] - 2 * reach, 0))
        sides.append((begin, max(min(begin + 2 * reach, size[axis]), begin + 1)))
    (x1, x2), (y1, y2) = sides
    return x1, y1, min(x2, size[0]), min(y2, size[1])


def _frame(draw: PIL.ImageDraw.ImageDraw, box: list[float], colour: tuple[int, int, int]) -> None:
    """Draw a box with a dark edge round it, which shows on any ground."""
    x1, y1, x2, y2 = (round(side) for side in box)
    x2, y2 = max(x2, x1), max(y2, y1)
    draw.rectangle((x1 - 1, y1 - 1, x2 + 1, y2 + 1), outline=(0, 0, 0), width=5)
    draw.rectangle((x1, y1, x2, y2), outline=colour, width=3)
