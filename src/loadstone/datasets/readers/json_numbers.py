"""Numbers of JSON documents that nobody vouches for, texts of them included: some programs quote every value."""

from __future__ import annotations

from typing import Any

_DIGITS = 64
"""Letters of the longest text that is taken for a number."""


def number_of(value: Any) -> float | None:
    """Return a number, or a text that is one, as a float, NaN and infinity included; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > _DIGITS:
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def numbers_of(value: Any) -> list[float] | None:
    """Return a list of numbers as floats; None for anything else."""
    if not isinstance(value, list):
        return None
    found = [number_of(one) for one in value]
    return None if None in found else [one for one in found if one is not None]


def side_of(value: Any) -> int:
    """Return a picture's width or height, 0 for what is none."""
    number = number_of(value)
    return int(number) if number is not None and 0 < number < 1 << 31 else 0
