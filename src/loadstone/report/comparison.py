"""A comparison as text, and as a picture with both sets of boxes: ours thick and green, theirs thin and magenta.

Masks of both are tinted in these colours: where they are the same, one lies over the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from loadstone.report.draw import tint

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import PIL.Image
    import PIL.ImageDraw

    from loadstone.facts.comparison import Comparison, Difference
    from loadstone.report.draw import Colour

    Boxes = npt.NDArray[np.float32]
    Found = tuple[Boxes, npt.NDArray[np.float32] | None]

OURS = (0, 190, 80)
THEIRS = (230, 0, 200)


def comparison_text(ours: str, theirs: str, comparisons: Sequence[Comparison]) -> str:
    """Return a table: a row an output and picture, then what has no partner."""
    lines = [f"ours      {ours}", f"theirs    {theirs}"]
    for one in comparisons:
        counts = f"{one.ours} ours, {one.theirs} theirs, {one.paired} the same"
        cut = f", {one.at_the_cut} at the cut" if one.at_the_cut else ""
        lines.append(f"\n{one.image}   {counts}{cut}")
        lines += [_row(row) for row in one.differences]
        lines += [f"  {words}" for words in one.lonely]
        lines += [f"  not compared     {words}" for words in one.uncompared]
        if one.ours and not one.paired:
            lines.append("  no detection of one is a detection of the other")
    agree = all(one.agree for one in comparisons)
    lines.append(f"\n{'the same' if agree else 'DIFFERENT'}")
    return "\n".join(lines)


def _row(row: Difference) -> str:
    verdict = "within" if row.within else "BEYOND"
    return f"  {row.output:<16} {row.largest:<10.3g} {verdict} {row.tolerance:g} {row.unit}".rstrip()


def draw_comparison(pixels: npt.NDArray[np.uint8], ours: Found, theirs: Found) -> PIL.Image.Image:
    """Return the picture with both sets of boxes; where they are the same, one lies in the other.

    Each side is its boxes (N, 4), xyxy in pixels, and its masks (N, h, w), stretched over them, or None.
    """
    from PIL import Image, ImageDraw

    image = Image.fromarray(_tinted(pixels, ((ours, OURS), (theirs, THEIRS))))
    draw = ImageDraw.Draw(image)
    thick = max(3, round(min(image.size) / 160))
    _frames(draw, ours[0], OURS, thick, image.size)
    _frames(draw, theirs[0], THEIRS, 1, image.size)
    draw.rectangle((0, 0, 130, 30), fill=(0, 0, 0))
    draw.text((6, 2), "ours: green", fill=OURS)
    draw.text((6, 16), "theirs: magenta", fill=THEIRS)
    return image


def _tinted(pixels: npt.NDArray[np.uint8], sides: Iterable[tuple[Found, Colour]]) -> npt.NDArray[np.uint8]:
    """Return a copy of the picture with each engine's masks, put together, in its colour."""
    import numpy as np

    from loadstone.facts.masks import pasted_part

    copy = pixels.copy()
    height, width = pixels.shape[:2]
    for (boxes, masks), colour in sides:
        if masks is None:
            continue
        covered = np.zeros((height, width), bool)
        for box, mask in zip(boxes.tolist(), masks, strict=True):
            rows, columns, inside = pasted_part(mask, box, height, width)
            covered[rows, columns] |= inside
        tint(copy, covered, colour)
    return copy


def _frames(draw: PIL.ImageDraw.ImageDraw, boxes: Boxes, colour: Colour, width: int, size: tuple[int, int]) -> None:
    for x1, y1, x2, y2 in _inside(boxes.tolist(), size):
        draw.rectangle((x1, y1, x2, y2), outline=colour, width=width)


def _inside(boxes: Iterable[Sequence[float]], size: tuple[int, int]) -> Iterable[tuple[int, int, int, int]]:
    """Yield boxes in whole pixels of the picture, their corners in order."""
    width, height = size
    for x1, y1, x2, y2 in boxes:
        left, top = min(max(round(x1), 0), width - 1), min(max(round(y1), 0), height - 1)
        yield left, top, min(max(round(x2), left), width - 1), min(max(round(y2), top), height - 1)
