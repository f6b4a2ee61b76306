"""Every mask of a dataset in a few arrays: what it covers, and whether it can be drawn at all.

Outlines are not drawn: their corners say what they cover. Masks of pixels are, from as many threads as there are cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.masks import mask_pixels
from loadstone.errors import LoadstoneError
from loadstone.facts.masks import PixelMask

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Example
    from loadstone.facts.masks import Mask, Pixels

NOTHING = (np.nan,) * 4


@dataclass(frozen=True, slots=True, eq=False)
class MaskSurvey:
    """The masks of N objects, in the dataset's order.

    there: bool (N,), objects with a mask. boxes: float64 (N, 4), xyxy in pixels, what each mask covers, NaN where it
    was not looked at or covers nothing. empty: bool (N,), masks that cover nothing. broken: what is wrong with the
    masks that cannot be drawn, by object. drawn: whether masks of pixels were looked at.
    """

    there: npt.NDArray[np.bool_]
    boxes: npt.NDArray[np.float64]
    empty: npt.NDArray[np.bool_]
    broken: Mapping[int, LoadstoneError]
    drawn: bool


def survey_masks(examples: Sequence[Example], *, drawn: bool) -> MaskSurvey:
    """Walk all masks; without `drawn`, those of pixels are only counted."""
    rows = [row for example in examples for row in _rows(example, drawn=drawn)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [*pool.map(_looked_at, rows)]
    boxes = np.array([NOTHING if isinstance(one, LoadstoneError) else one or NOTHING for one in found], np.float64)
    return MaskSurvey(
        np.array([row.there for row in rows], bool),
        boxes.reshape(-1, 4),
        np.array([one is None for one in found], bool),
        {at: one for at, one in enumerate(found) if isinstance(one, LoadstoneError)},
        drawn,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    there: bool
    mask: Mask | None
    size: tuple[int, int]


def _rows(example: Example, *, drawn: bool) -> Iterator[_Row]:
    for mask in example.objects.masks or (None,) * len(example.objects):
        looked_at = mask if drawn or not isinstance(mask, PixelMask) else None
        yield _Row(mask is not None, looked_at, (example.height, example.width))


def _looked_at(row: _Row) -> tuple[float, ...] | LoadstoneError | None:
    """Return what a mask covers, xyxy; None for nothing, or what is wrong with it."""
    if row.mask is None:
        return NOTHING
    if not isinstance(row.mask, PixelMask):
        corners = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in row.mask])
        low, high = corners.min(axis=0), corners.max(axis=0)
        return (*low.tolist(), *high.tolist()) if (high > low).all() else None
    try:
        return _covered(mask_pixels(row.mask, *row.size) if all(row.size) else row.mask.draw())
    except LoadstoneError as error:
        return error


def _covered(pixels: Pixels) -> tuple[float, ...] | None:
    rows, columns = (np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
