"""The vocabulary in which a detector is assembled: what every target's graph can express.

A detector is written once (`ssd`, `faster_rcnn`, `center_net`) in these verbs; a target is a class that has them.
Maps are NHWC, whatever the target prefers inside. Whole numbers are of one type, the target's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network

Tensor = Any
"""A target's handle on a result."""

Values = Mapping[str, npt.NDArray[Any]]
"""The variables' arrays by object-graph key."""

Unary = Literal["exp", "log", "sqrt", "floor", "round", "sigmoid", "abs"]
"""`round` is to the nearest, halves to the even one."""

Binary = Literal["add", "subtract", "multiply", "divide", "maximum", "minimum", "less", "equal", "and", "quotient"]
"""Elementwise, broadcast as NumPy does. `divide` is for reals, `quotient` for whole numbers that are not negative."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One greedy suppression: a score must be greater than `score`; a box goes when its overlap with a better one is
    greater than `iou`; at most `most` of a class stay.
    """

    iou: float
    score: float
    most: int


class Dialect(Protocol):
    """One target's graph while it is written."""

    def picture(self) -> Tensor:
        """The input `input_tensor`: uint8 (1, height, width, 3), RGB, of any size."""

    def constant(self, array: npt.ArrayLike) -> Tensor:
        """A constant: float32, truth values, or whole numbers of the target's own type."""

    def network(self, network: Network, values: Values, x: Tensor, batch: int = 1) -> dict[str, Tensor]:
        """The network behind one float32 tensor of `batch` rows; its outputs by name, maps as NHWC."""

    def real(self, x: Tensor) -> Tensor:
        """float32 of pixels, whole numbers or truth values."""

    def whole(self, x: Tensor) -> Tensor:
        """Whole numbers of reals, which are whole already."""

    def unary(self, kind: Unary, x: Tensor) -> Tensor:
        """An elementwise function."""

    def binary(self, kind: Binary, x: Tensor, y: Tensor) -> Tensor:
        """An elementwise function of two."""

    def where(self, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """`x` where the condition holds, else `y`; broadcast."""

    def softmax(self, x: Tensor) -> Tensor:
        """Along the last axis."""

    def reduce(self, kind: Literal["max", "min", "sum"], x: Tensor, axis: int, *, keep: bool = False) -> Tensor:
        """Along one axis of real numbers."""

    def sides(self, x: Tensor) -> Tensor:
        """The second and third dimension of a map, whole numbers (2,)."""

    def gather(self, x: Tensor, indices: Tensor, axis: int = 0) -> Tensor:
        """Rows (or columns) of `x` at the indices."""

    def reshape(self, x: Tensor, sizes: Sequence[int]) -> Tensor:
        """Another shape; one size may be -1."""

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        """Another order of axes."""

    def concat(self, tensors: Sequence[Tensor], axis: int = 0) -> Tensor:
        """One after the other."""

    def top(self, x: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The largest of a row (N,), best first, equal ones in order, and where they stood."""

    def best(self, x: Tensor) -> Tensor:
        """Where the largest of each row of a table (N, M) stands, the first of equal ones, (N,)."""

    def nonzero(self, mask: Tensor) -> Tensor:
        """Where a row of truth values (N,) holds."""

    def numbers(self, count: Tensor) -> Tensor:
        """0, 1, 2, … as many as a single whole number says."""

    def resize(self, x: Tensor, size: Tensor) -> Tensor:
        """Bilinear to (height, width), as TensorFlow 1 samples: pixel i at i · in / out."""

    def pad(self, x: Tensor, missing: Tensor) -> Tensor:
        """Zeros below and right of a map, (rows, columns) of them."""

    def peaks(self, x: Tensor, window: int) -> Tensor:
        """Each place's highest neighbour on a map: a pool of stride 1, "same"."""

    def suppress(
        self, boxes: Tensor, scores: Tensor, *, rule: Limits, shape: tuple[int, int], own_boxes: bool
    ) -> tuple[Tensor, Tensor]:
        """Greedy suppression of every class by itself: (rows, classes) of what stays, class by class, best first.

        `scores` (N, C), `shape` is that, or has -1 for an N that only the picture tells; `boxes` (N, 4), or (N, C, 4)
        with `own_boxes`.
        """

    def crops(self, features: Tensor, boxes: Tensor, size: int) -> Tensor:
        """Crop a map (1, height, width, channels) to boxes (M, 4), relative: (M, size, size, channels).

        Bilinear, first and last samples on the boxes' edges, none of which lies beyond the map.
        """

    def pool(self, x: Tensor, window: int, stride: int) -> Tensor:
        """The largest value of each window of a map, "valid"."""

    def output(self, name: str, x: Tensor, shape: Sequence[int]) -> None:
        """Name a result, brought into this shape."""


def columns(ops: Dialect, x: Tensor, first: int, last: int) -> Tensor:
    """Return the columns `first` (included) to `last` (excluded) of a table."""
    return ops.gather(x, ops.constant(np.arange(first, last, dtype=np.int64)), 1)
