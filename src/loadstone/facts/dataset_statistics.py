"""What a dataset holds in numbers: pictures, boxes by class, and how boxes are made. For pages and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many of something fall between each two edges: `counts` has one fewer than `edges`, which rise.

    What lies beyond the outer edges is counted in the first and the last.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DatasetStatistics:
    """A dataset in numbers; boxes that are none (NaN, reversed, empty) are left out of all but `boxes`.

    `pictures` are counts by split (one split of no name where files tell none apart), `boxes` counts by split and then
    by class. `relative` is the square root of a box's area over its picture's, `sides` the square root of its area in
    pixels, `ratios` its width over its height, `at_input` its shorter side in pixels at a detector's input (None
    without one). `each_picture` is how many boxes a picture has. `centres` counts boxes by where their centre lies, in
    rows from the top, of columns from the left.
    """

    source: str
    classes: tuple[str, ...]
    pictures: Mapping[str, int]
    boxes: Mapping[str, tuple[int, ...]]
    relative: Histogram
    sides: Histogram
    ratios: Histogram
    each_picture: Histogram
    centres: tuple[tuple[int, ...], ...]
    at_input: Histogram | None = None
    input_size: tuple[int, int] | None = None
