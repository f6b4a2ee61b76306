"""Outlines → pixels, to the pixel as the COCO API draws them, which is how the original's records were made.

The rule, from common/maskApi.c of the COCO API as a fact: corners are rounded to fifths of a pixel and joined by lines
on that finer grid; where a line passes the middle of a column of pixels, what lies below it changes sides. Pixels with
an odd number of lines above them are inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import OUTLINE_STEPS

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

    from loadstone.facts.masks import Pixels, Polygons

FINER = 5
"""Steps of a pixel that lines are drawn in; the third of five is the column's middle."""


def outlined(polygons: Polygons, height: int, width: int) -> Pixels:
    """Return what any of the polygons encloses, bool (height, width).

    Raises `FormatError` for corners that are no finite numbers, `LimitError` for lines that are too long.
    """
    inside = np.zeros((height, width), bool)
    for polygon in polygons:
        _enclose(np.asarray(polygon, np.float64).reshape(-1, 2), inside)
    return inside


def _enclose(corners: npt.NDArray[np.float64], inside: Pixels) -> None:
    """Set what a polygon encloses."""
    height, width = inside.shape
    if not np.isfinite(corners).all():
        raise FormatError("an outline has a corner that is no finite number")
    across, down = _steps(corners)
    # Between two neighbouring steps in another column of the finer grid; the left one is the middle of a pixel or not.
    moved = np.flatnonzero(across[1:] != across[:-1])
    left = np.minimum(across[moved], across[moved + 1])
    column, middle = np.divmod(left - FINER // 2, FINER)
    passes = (middle == 0) & (column >= 0) & (column < width)
    upper = np.minimum(down[moved], down[moved + 1])[passes]
    row = np.clip(np.ceil((upper + 0.5) / FINER - 0.5), 0, height).astype(np.int64)
    if not len(row):
        return
    # Each column has an even number of lines, so that nothing is inside before the first or after the last of them.
    column, first, top = column[passes], int(column[passes].min()), int(row.min())
    wide, high = int(column.max()) - first + 1, int(row.max()) - top + 1
    changes = np.bincount((column - first) * high + row - top, minlength=wide * high).astype(np.uint8)
    lines = np.cumsum(changes.reshape(wide, high), axis=1, dtype=np.uint8)
    inside[top : top + high, first : first + wide] |= lines.T[: height - top] % 2 == 1


def _steps(corners: npt.NDArray[np.float64]) -> tuple[Places, Places]:
    """Return x and y, in fifths of a pixel, of every step along the outline, which ends where it began."""
    scaled = np.trunc(np.concatenate([corners, corners[:1]]) * FINER + 0.5)
    moves = np.diff(scaled, axis=0)
    lengths = np.abs(moves).max(axis=1)
    if lengths.sum() > OUTLINE_STEPS:
        found = f"{lengths.sum() / FINER:,.0f} pixels"
        raise LimitError("an outline is too long to draw", expected=f"at most {OUTLINE_STEPS // FINER:,}", found=found)
    counts = lengths.astype(np.int64) + 1
    line = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    across, down = (_along(scaled[:, axis], moves, axis, line, step) for axis in (0, 1))
    return across, down


def _along(
    begins: npt.NDArray[np.float64], moves: npt.NDArray[np.float64], axis: int, line: Places, step: Places
) -> Places:
    """Return one coordinate of each step: by one along the longer side of a line, rounded along the shorter.

    Lines are walked from their lower end on the longer side, so that both directions round alike.
    """
    wide = np.abs(moves[:, 0]) >= np.abs(moves[:, 1])
    longer = np.where(wide, moves[:, 0], moves[:, 1])
    lengths, backwards = np.abs(longer), longer < 0
    low = np.where(backwards, begins[1:], begins[:-1])
    slope = np.where(backwards, -moves[:, axis], moves[:, axis]) / np.maximum(lengths, 1)
    along = np.where(backwards[line], lengths[line] - step, step)
    exact = wide if axis == 0 else ~wide
    rounded = np.trunc(low[line] + slope[line] * along + 0.5)
    return np.where(exact[line], low[line] + along, rounded).astype(np.int64)
