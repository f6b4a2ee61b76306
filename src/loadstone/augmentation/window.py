"""A random window of a picture, as TensorFlow's `sample_distorted_bounding_box` draws it.

Source: tensorflow/core/kernels/image/sample_distorted_bounding_box_op.cc: up to 100 attempts, each with an aspect ratio
(width by height) uniform in its range, a height uniform among the whole numbers that the areas allow, and a place
uniform among those that do not touch the lower and the right edge, unless the side is the picture's. An attempt holds
if at least one object of a pixel or more is covered by its required part; else the whole picture is taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from loadstone.augmentation.objects import Boxes
from loadstone.augmentation.step import check_ranges, ranged

ATTEMPTS = 100
SMALLEST_AREA = 1e-6
"""Below it a window has no pixel in any picture; the original refuses an area of nothing."""

Pixels = tuple[int, int, int, int]
"""First row, first column, last row + 1, last column + 1."""

ASPECTS = (1e-3, 1e3)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a window has to keep to, and what becomes of objects at its edge.

    An object stays if at least `overlap_thresh` of its own area is in the window. With `random_coef` as probability the
    picture is left as it is. The names are those of preprocessor.proto.
    """

    min_object_covered: float = ranged(1.0, 0, 1)
    min_aspect_ratio: float = ranged(0.75, *ASPECTS)
    max_aspect_ratio: float = ranged(1.33, *ASPECTS)
    min_area: float = ranged(0.1, SMALLEST_AREA, 1)
    max_area: float = ranged(1.0, SMALLEST_AREA, 1)
    overlap_thresh: float = ranged(0.3, 0, 1)
    clip_boxes: bool = True
    random_coef: float = ranged(0.0, 0, 1)

    def __post_init__(self) -> None:
        """Raise `FormatError` for a number out of its range."""
        check_ranges(self)


def draw_window(height: int, width: int, boxes: Boxes, rule: Rule, random: np.random.Generator) -> Pixels:
    """Return a window of a picture of that size, in pixels. `boxes` are fractions, (G, 4); outside is cut off."""
    objects = _whole_pixels(boxes, height, width)
    for _ in range(ATTEMPTS):
        aspect = random.uniform(rule.min_aspect_ratio, rule.max_aspect_ratio)
        size = _draw_size(height, width, aspect, (rule.min_area, rule.max_area), random)
        if size is None:
            continue
        top = int(random.integers(height - size[0])) if size[0] < height else 0
        left = int(random.integers(width - size[1])) if size[1] < width else 0
        window = top, left, top + size[0], left + size[1]
        if _covers_one(window, objects, rule.min_object_covered):
            return window
    return 0, 0, height, width


def _whole_pixels(boxes: Boxes, height: int, width: int) -> list[Pixels]:
    """Return the objects of a pixel or more, their sides cut to whole pixels; the whole picture where there is none."""
    if not len(boxes):
        return [(0, 0, height, width)]
    sides = (np.clip(boxes, 0, 1) * np.array([height, width, height, width], np.float32)).astype(np.int64)
    large = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1]) >= 1
    return [(top, left, bottom, right) for top, left, bottom, right in sides[large].tolist()]


def _draw_size(
    height: int, width: int, aspect: float, areas: tuple[float, float], random: np.random.Generator
) -> tuple[int, int] | None:
    """Return (rows, columns) of a window; None where the picture has none of this aspect ratio and area."""
    least, most = (area * height * width for area in areas)
    highest = min(round(math.sqrt(most / aspect)), height)
    if round(highest * aspect) > width:
        highest = int((width + 0.5 - 1e-7) / aspect)
        highest -= round(highest * aspect) > width
    rows = min(round(math.sqrt(least / aspect)), highest)
    if rows < highest:
        rows += int(random.integers(highest - rows + 1))
    # Rounding may have left the range of areas; one row more or less brings it back, or there is no such window.
    rows += rows * round(rows * aspect) < least
    rows -= rows * round(rows * aspect) > most
    columns = round(rows * aspect)
    fits = 0 < rows <= height and 0 < columns <= width and least <= rows * columns <= most
    return (rows, columns) if fits else None


def _covers_one(window: Pixels, objects: list[Pixels], least: float) -> bool:
    for top, left, bottom, right in objects:
        rows = min(bottom, window[2]) - max(top, window[0])
        columns = min(right, window[3]) - max(left, window[1])
        inside = rows * columns if rows > 0 and columns > 0 else 0
        if inside >= least * ((bottom - top) * (right - left)):
            return True
    return False
