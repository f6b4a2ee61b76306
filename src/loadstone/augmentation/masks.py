"""What happens to masks when the picture that they are of changes: rows and columns are picked, and nothing is drawn.

A pixel of the new picture is the object's where the one of the old picture nearest to its middle is; resizing alone
takes the one that the original does. Source: preprocessor.py of the Object Detection API, which resizes masks by
`NEAREST_NEIGHBOR` wherever it does not by the picture's own method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from loadstone.detectors.interpolate import nearest_places
from loadstone.facts.masks import MaskView

if TYPE_CHECKING:
    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

Masks = tuple[MaskView | None, ...] | None
Window = tuple[float, float, float, float]


def kept_masks(masks: Masks, rows: npt.NDArray[np.bool_]) -> Masks:
    """Return those masks alone for which `rows`, bool (G,), is true."""
    return masks and tuple(mask for mask, stays in zip(masks, rows.tolist(), strict=True) if stays)


def joined_masks(parts: Sequence[tuple[Masks, int]]) -> Masks:
    """Return the masks of several samples together, each given with its number of objects; None where none has any."""
    if all(masks is None for masks, _ in parts):
        return None
    return tuple(mask for masks, count in parts for mask in masks or (None,) * count)


def mirrored(masks: Masks, axis: int) -> Masks:
    """Return the masks upside down (axis 0), or with left and right changed (axis 1)."""
    if axis == 0:
        return _each(masks, lambda mask: replace(mask, rows=mask.rows[::-1]))
    return _each(masks, lambda mask: replace(mask, columns=mask.columns[::-1]))


def turned(masks: Masks) -> Masks:
    """Return the masks a quarter counter-clockwise."""
    return _each(masks, lambda mask: replace(mask, rows=mask.columns[::-1], columns=mask.rows, turned=not mask.turned))


def resized(masks: Masks, size: tuple[int, int], *, align_corners: bool = False) -> Masks:
    """Return the masks of a picture that is stretched to `size`, by the rule of TensorFlow 1's nearest neighbour."""
    return _each(
        masks,
        lambda mask: _picked(
            mask,
            nearest_places(len(mask.rows), size[0], align_corners=align_corners),
            nearest_places(len(mask.columns), size[1], align_corners=align_corners),
        ),
    )


def framed(masks: Masks, size: tuple[int, int], window: Window) -> Masks:
    """Return the masks of a picture of `size` that shows `window`, in fractions of the one before."""
    return _each(
        masks,
        lambda mask: _picked(
            mask,
            _seen(len(mask.rows), size[0], window[0], window[2]),
            _seen(len(mask.columns), size[1], window[1], window[3]),
        ),
    )


def _each(masks: Masks, change: Callable[[MaskView], MaskView]) -> Masks:
    return masks and tuple(None if mask is None else change(mask) for mask in masks)


def _picked(mask: MaskView, rows: Places, columns: Places) -> MaskView:
    """Return the mask with its rows and columns at these places, -1 for one beyond it."""
    own_rows, own_columns = (
        np.where(places >= 0, own[np.maximum(places, 0)], -1)
        for places, own in ((rows, mask.rows), (columns, mask.columns))
    )
    return replace(mask, rows=own_rows, columns=own_columns)


def _seen(before: int, after: int, first: float, last: float) -> Places:
    """Return which of `before` places each of `after` shows, from the fraction `first` to `last`; -1 for none."""
    middles = first + (np.arange(after) + 0.5) / after * (last - first)
    places = np.floor(middles * before).astype(np.int64)
    return np.where((places >= 0) & (places < before), places, -1)
