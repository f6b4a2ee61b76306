"""Partitioned tensors: parts with extents, joined into the whole. Both checkpoint versions have them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from loadstone.errors import FormatError
from loadstone.formats.dtypes import check_array
from loadstone.wire.ordered_code import WHOLE, Extents

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Shape = tuple[int, ...]


def slice_shape(shape: Shape, extents: Extents) -> Shape:
    """Return the shape of one part; it lies within `shape`."""
    if len(extents) != len(shape):
        raise FormatError(
            "a slice has another rank than its tensor", expected=f"{len(shape)}", found=f"{len(extents)}: {extents}"
        )
    lengths = tuple(side if length == WHOLE else length for side, (_, length) in zip(shape, extents, strict=True))
    for side, (start, _), length in zip(shape, extents, lengths, strict=True):
        if start < 0 or length < 0 or start + length > side:
            raise FormatError(
                "a slice lies outside its tensor", expected=f"within {list(shape)}", found=f"{list(extents)}"
            )
    return lengths


def check_cover(shape: Shape, parts: Iterable[Extents]) -> None:
    """Raise `FormatError` unless the parts have as many elements as the whole."""
    found = sum(math.prod(slice_shape(shape, extents)) for extents in parts)
    if found != math.prod(shape):
        raise FormatError(
            "the slices of a tensor do not add up to it",
            expected=f"{math.prod(shape):,} elements of {list(shape)}",
            found=f"{found:,}",
        )


def join(shape: Shape, parts: Sequence[tuple[Extents, Callable[[], npt.NDArray[Any]]]]) -> npt.NDArray[Any]:
    """Return the whole tensor; a single part that is the whole comes as it is, without a copy."""
    import numpy as np

    check_array(shape)
    check_cover(shape, (extents for extents, _ in parts))
    if len(parts) == 1:
        return parts[0][1]()
    whole: np.ndarray[Any, Any] | None = None
    for extents, read in parts:
        part = read()
        if whole is None:
            # Zeroed, so that slices that overlap and leave gaps never show what memory held before.
            whole = np.zeros(shape, dtype=part.dtype)
        starts = [start for start, _ in extents]
        where = tuple(slice(start, start + side) for start, side in zip(starts, part.shape, strict=True))
        whole[where] = part
    if whole is None:
        raise FormatError("a partitioned tensor has no slices", expected=f"{list(shape)}")
    return whole
