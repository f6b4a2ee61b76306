"""Samples side by side with their boxes: each as it is, then what training would see of it.

The same samples always give the same pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loadstone.report.draw import colour_of
from loadstone.report.plain import plain

if TYPE_CHECKING:
    import PIL.Image
    import PIL.ImageDraw

    from loadstone.facts.dataset import Sample

CELL = 320
"""Pixels of a picture's longer side on the sheet."""

GAP = 8
LINE = 16
"""Pixels of a line of text."""

LONGEST = 40
"""Letters of a name that are written."""

INK = (40, 44, 52)
GROUND = (255, 255, 255)
DOT = 2


def sample_sheet(
    rows: Sequence[Sequence[Sample]], titles: Sequence[str] = (), classes: Sequence[str] = ()
) -> PIL.Image.Image:
    """Return one picture with a row for each sequence of samples, named by its first one's key.

    `titles` stand above the columns; `classes` are the classes' names, by number. A picture is scaled to fit its cell,
    and says its size.
    """
    from PIL import Image, ImageDraw

    columns = max((len(row) for row in rows), default=1)
    drawn = [[_drawn(sample, classes) for sample in row] for row in rows]
    heights = [max((picture.height for picture in row), default=0) + LINE + GAP for row in drawn]
    sheet = Image.new("RGB", (columns * (CELL + GAP) + GAP, sum(heights) + LINE + GAP), GROUND)
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(titles[:columns]):
        draw.text((GAP + column * (CELL + GAP), GAP // 2), _shown(title), fill=INK)
    top = LINE + GAP
    for row, pictures, height in zip(rows, drawn, heights, strict=True):
        for column, (sample, picture) in enumerate(zip(row, pictures, strict=True)):
            left = GAP + column * (CELL + GAP)
            sheet.paste(picture, (left, top))
            said = _size(sample) if column else f"{_shown(sample.key)}  {_size(sample)}"
            draw.text((left, top + picture.height + 1), said, fill=INK)
        top += height
    return sheet


def _size(sample: Sample) -> str:
    height, width = sample.image.shape[:2]
    count = len(sample.boxes)
    return f"{width} x {height}, {count} object{'' if count == 1 else 's'}"


def _shown(text: str) -> str:
    """Return a name as Pillow's one font can write it."""
    text = plain(text).encode("ascii", "replace").decode()
    return text if len(text) <= LONGEST else f"...{text[3 - LONGEST :]}"


def _drawn(sample: Sample, classes: Sequence[str]) -> PIL.Image.Image:
    import numpy as np
    from PIL import Image, ImageDraw

    height, width = sample.image.shape[:2]
    scale = CELL / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    picture = Image.fromarray(np.ascontiguousarray(sample.image.clip(0, 255)).astype(np.uint8)).resize(size)
    draw = ImageDraw.Draw(picture)
    for number, box in zip(sample.classes.tolist(), sample.boxes.tolist(), strict=True):
        _box(draw, box, size, _name(number, classes), colour_of(number))
    if sample.keypoints is not None:
        for number, points in zip(sample.classes.tolist(), sample.keypoints.tolist(), strict=True):
            for y, x in points:
                # NaN is no keypoint, and less than nothing.
                if y >= 0 and x >= 0:
                    place = x * size[0] - DOT, y * size[1] - DOT, x * size[0] + DOT, y * size[1] + DOT
                    draw.ellipse(place, fill=colour_of(number), outline=GROUND)
    return picture


def _name(number: int, classes: Sequence[str]) -> str:
    return _shown(classes[number]) if 0 <= number < len(classes) else f"class {number}"


def _box(
    draw: PIL.ImageDraw.ImageDraw,
    box: Sequence[float],
    size: tuple[int, int],
    name: str,
    colour: tuple[int, int, int],
) -> None:
    """Draw a box, and its class above its upper left corner or within."""
    top, bottom = (min(max(side * size[1], 0), size[1] - 1) for side in (box[0], box[2]))
    left, right = (min(max(side * size[0], 0), size[0] - 1) for side in (box[1], box[3]))
    draw.rectangle((left, top, max(right, left), max(bottom, top)), outline=colour, width=2)
    plate = draw.textbbox((left + 1, max(top - LINE + 3, 0)), name)
    draw.rectangle(plate, fill=colour)
    draw.text(plate[:2], name, fill=GROUND if sum(colour) < 420 else INK, anchor="lt")
