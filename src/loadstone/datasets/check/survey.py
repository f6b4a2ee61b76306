"""Every annotation of a dataset in a few arrays, made in one walk: what the checks ask questions of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.datasets.objects import FARTHEST

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset, Example

    Flags = npt.NDArray[np.bool_]

LEAST_SIDE = 1e-6
"""Pixels; a box with a shorter side has no area in any computation with float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """N boxes of M pictures, in the dataset's order.

    boxes: float64 (N, 4), xyxy in pixels, as written. classes: int64 (N,), -1 where the dataset has no such class.
    pictures: int64 (N,), the position of the box's picture; numbers: int64 (N,), the box's position within it.
    crowd: bool (N,). sizes: float64 (M, 2), width and height as annotated, 0 where not stated. keys and places: what
    each picture is called, and the file that annotates it.
    """

    names: tuple[str, ...]
    boxes: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    pictures: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]
    crowd: Flags
    sizes: npt.NDArray[np.float64]
    keys: tuple[str, ...]
    places: tuple[str, ...]

    @property
    def widths(self) -> npt.NDArray[np.float64]:
        """Return float64 (N,), in pixels; negative where a box is reversed, NaN where it is not finite."""
        return self._between(0)

    @property
    def heights(self) -> npt.NDArray[np.float64]:
        """Return float64 (N,), in pixels; negative where a box is reversed, NaN where it is not finite."""
        return self._between(1)

    def _between(self, axis: int) -> npt.NDArray[np.float64]:
        low, high = (np.where(self.finite, self.boxes[:, at], np.nan) for at in (axis, axis + 2))
        return np.asarray(high - low)

    @property
    def finite(self) -> Flags:
        """Return bool (N,): all four sides are numbers that a picture could have."""
        # A comparison with NaN is False, as it should be.
        return np.asarray((np.abs(self.boxes) <= FARTHEST).all(axis=1))

    @property
    def sound(self) -> Flags:
        """Return bool (N,): all four sides are numbers, and the box has an area."""
        return np.asarray((self.widths >= LEAST_SIDE) & (self.heights >= LEAST_SIDE))

    @property
    def known(self) -> Flags:
        """Return bool (N,): the box's class is one of the dataset's."""
        return np.asarray((self.classes >= 0) & (self.classes < len(self.names)))

    def where(self, row: int) -> str:
        """Return the place of one box: its picture and, from 1, its number in it."""
        return f"{self.keys[int(self.pictures[row])]}: box {int(self.numbers[row]) + 1}"

    def shown(self, row: int) -> str:
        """Return one box as its class and its sides."""
        box = ", ".join(f"{side:.6g}" for side in self.boxes[row])
        return f"{self.class_name(row)} ({box})"

    def class_name(self, row: int) -> str:
        """Return the class of one box, or `class ?` where the dataset has none such."""
        number = int(self.classes[row])
        return self.names[number] if 0 <= number < len(self.names) else "class ?"


def survey(dataset: Dataset, rows: Sequence[int] | None = None) -> Survey:
    """Walk the dataset's annotations, or those of the examples at `rows`; no picture is read."""
    examples: list[Example] = [
        dataset.examples[row] for row in (range(len(dataset.examples)) if rows is None else rows)
    ]
    counts = np.array([len(example.objects) for example in examples], np.int64)
    return Survey(
        names=tuple(dataset.classes),
        boxes=np.concatenate([np.zeros((0, 4)), *(example.objects.boxes.reshape(-1, 4) for example in examples)]),
        classes=np.concatenate([np.zeros(0, np.int64), *(example.objects.classes for example in examples)]),
        pictures=np.repeat(np.arange(len(examples)), counts),
        numbers=np.concatenate([np.zeros(0, np.int64), *map(np.arange, counts)]).astype(np.int64),
        crowd=np.concatenate([np.zeros(0, bool), *(example.objects.crowd for example in examples)]),
        sizes=np.array([(example.width, example.height) for example in examples], np.float64).reshape(-1, 2),
        keys=tuple(example.key for example in examples),
        places=tuple(example.where for example in examples),
    )
