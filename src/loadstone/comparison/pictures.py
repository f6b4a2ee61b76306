"""Pictures for comparisons where none is named: made by arithmetic, the same on every machine and each time.

Squares of many sizes and colours on noise: they excite detectors of any size, and both sides of the picture differ, so
that a resizer's mistakes show. The generator is NumPy's PCG64, whose stream is fixed by its specification.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SIDES = ((480, 640), (416, 320))
"""(height, width): one lying, one standing."""

SEED = 20261127


def generated(number: int = 0) -> npt.NDArray[np.uint8]:
    """Return the picture of this number, uint8 (height, width, 3) RGB."""
    height, width = SIDES[number % len(SIDES)]
    dice = np.random.Generator(np.random.PCG64(SEED + number))
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([60 + rows // 6, 90 + columns // 8, 150 - (rows + columns) // 12], axis=2).astype(np.int64)
    for side in (200, 140, 90, 60, 40, 25, 15, 8):
        for _ in range(160 // side + 1):
            _square(picture, dice, side)
    noise = dice.integers(-12, 13, picture.shape)
    # Each further pair of pictures has half the contrast: scores that saturate on one do not on another.
    picture = 128 + (picture - 128) // 2 ** (number // len(SIDES))
    pixels: npt.NDArray[np.uint8] = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return pixels


def _square(picture: npt.NDArray[np.int64], dice: np.random.Generator, side: int) -> None:
    tall, wide = max(4, side * int(dice.integers(6, 15)) // 10), side
    top = int(dice.integers(0, max(1, picture.shape[0] - tall)))
    left = int(dice.integers(0, max(1, picture.shape[1] - wide)))
    picture[top : top + tall, left : left + wide] = dice.integers(0, 256, 3)


def names(count: int) -> Sequence[str]:
    """Return what the generated pictures are called."""
    return [f"generated {SIDES[number % len(SIDES)][1]}×{SIDES[number % len(SIDES)][0]}" for number in range(count)]
