"""Whether NumPy can hold an array of a declared shape; elements are counted elsewhere.

NumPy refuses two things that the number of elements does not show: many dimensions, and huge sides beside a zero.
"""

from __future__ import annotations

import math

from loadstone.errors import LimitError
from loadstone.wire.limits import ARRAY_ELEMENTS, ARRAY_RANK


def check_array_shape(shape: tuple[int, ...], where: str) -> None:
    """Raise `LimitError` where no array can have the shape."""
    if len(shape) > ARRAY_RANK:
        raise LimitError(
            "a tensor has more dimensions than an array can",
            where=where,
            expected=f"at most {ARRAY_RANK}",
            found=f"{len(shape):,}",
        )
    if math.prod(side or 1 for side in shape) > ARRAY_ELEMENTS:
        raise LimitError(
            "a tensor's sides are larger than an array can have",
            where=where,
            expected=f"at most {ARRAY_ELEMENTS:,} elements, zero sides aside",
            found=str(list(shape)),
        )
