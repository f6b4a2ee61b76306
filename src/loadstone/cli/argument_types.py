"""What several commands take as a number, for `argparse`: what else is typed ends in its usage error, exit code 2."""

from __future__ import annotations

import argparse

DIGITS = 9
"""Digits of the longest whole number that is taken."""


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def positive(text: str) -> int:
    """Return a whole number above 0."""
    if text.isdecimal() and len(text) > DIGITS:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is too large a number: at most {DIGITS} digits")
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def not_negative(text: str) -> float:
    """Return a finite number that is 0 or above."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return value


def numbers(text: str) -> tuple[float, ...]:
    """Return numbers with commas between them; what they may be is checked where they are used."""
    try:
        return tuple(float(one) for one in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} are not numbers with commas between them") from None


def size(text: str) -> tuple[int, int]:
    """Return (height, width) in pixels: `320` for both, or `320x640`."""
    high, cross, wide = text.lower().replace("×", "x").partition("x")
    return positive(high), positive(wide if cross else high)
