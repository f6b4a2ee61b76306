"""Every annotation of a dataset in a few arrays, made in one walk: what the checks ask questions of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Dataset, Example

    Flags = npt.NDArray[np.bool_]


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
        """Return float64 (N,), in pixels; negative where a box is reversed."""
        return np.asarray(self.boxes[:, 2] - self.boxes[:, 0])

    @property
    def heights(self) -> npt.NDArray[np.float64]:
        """Return float64 (N,), in pixels; negative where a box is reversed."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1])

    @property
    def finite(self) -> Flags:
        """Return bool (N,): all four sides are numbers."""
        return np.asarray(np.isfinite(self.boxes).all(axis=1))

    @property
    def sound(self) -> Flags:
        """Return bool (N,): all four sides are numbers, and the box has an area."""
        # A comparison with NaN is False, as it should be.
        return np.asarray(self.finite & (self.widths > 0) & (self.heights > 0))

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
        return self.names[int(self.classes[row])] if self.known[row] else "class ?"


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
