"""A mask as one outline, for formats that have a single outline for an object: what `outlines` draws of it is the mask.

Parts and holes become one outline by links that are walked there and back: a line that is walked twice changes no side
(the even-odd rule, which other programs' polygons follow, too).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.masks import mask_pixels
from loadstone.datasets.outlines import outlined
from loadstone.facts.masks import PixelMask

if TYPE_CHECKING:
    from loadstone.facts.masks import Mask, Pixels

    Pair = tuple[int, int]
    Outline = tuple[float, ...]

SIDES: tuple[tuple[Pair, Pair, Pair], ...] = (
    ((-1, 0), (0, 0), (1, 0)),
    ((0, 1), (1, 0), (0, 1)),
    ((1, 0), (1, 1), (-1, 0)),
    ((0, -1), (0, 1), (0, -1)),
)
"""Of a pixel's four sides: the (row, column) beyond it, the (x, y) of the corner that it begins at, its step (x, y)."""


def one_outline(mask: Mask, height: int, width: int) -> Outline:
    """Return x, y of the corners, in pixels of a picture of this size; nothing for a mask of no pixel.

    A single outline stays as it is written; several are linked, or traced from their pixels where they overlap.
    Raises `LoadstoneError` for a mask that cannot be drawn.
    """
    if not isinstance(mask, PixelMask) and len(mask) == 1:
        return mask[0]
    pixels = mask_pixels(mask, height, width)
    if not isinstance(mask, PixelMask):
        own = linked(mask)
        if np.array_equal(outlined((own,), height, width), pixels):
            return own
    return linked([tuple(float(side) for corner in ring for side in corner) for ring in rings(pixels)])


def linked(parts: Sequence[Outline]) -> Outline:
    """Return one outline of several: round the first, then from its beginning to each other, round it, and back."""
    if len(parts) < 2:
        return parts[0] if parts else ()
    begin = parts[0][:2]
    found = [*parts[0], *begin]
    for part in parts[1:]:
        found += (*part, *part[:2], *begin)
    return tuple(found)


def rings(inside: Pixels) -> Iterator[list[Pair]]:
    """Yield the lines round the parts of a mask, bool (H, W), and round their holes, as corners (x, y) of pixels.

    The inside lies to the right of each line. Pixels that touch at a corner alone are parts of their own.
    """
    ways = _ways(inside)
    while ways:
        begin = next(iter(ways))
        at, before, ring = begin, (0, 0), list[tuple[int, int]]()
        while not (ring and at == begin):
            step = _next(ways[at], before)
            ways[at].remove(step)
            if not ways[at]:
                del ways[at]
            if step != before:
                ring.append(at)
            at, before = (at[0] + step[0], at[1] + step[1]), step
        yield ring


def _ways(inside: Pixels) -> dict[Pair, list[Pair]]:
    """Return, of each corner that a line passes, the steps that go on from it."""
    found: dict[Pair, list[Pair]] = {}
    whole = np.pad(inside, 1)
    for beyond, (x, y), step in SIDES:
        edge = whole & ~np.roll(whole, (-beyond[0], -beyond[1]), (0, 1))
        for row, column in np.argwhere(edge).tolist():
            found.setdefault((column - 1 + x, row - 1 + y), []).append(step)
    return found


def _next(steps: Sequence[Pair], before: Pair) -> Pair:
    """Return the step to take: the one to the right, where two pixels touch at this corner."""
    right = (-before[1], before[0])
    return right if right in steps else steps[0]
