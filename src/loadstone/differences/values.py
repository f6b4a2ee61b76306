"""How far two tensors of one shape lie apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadstone.differences.pairs import Pair
from loadstone.errors import LoadstoneError
from loadstone.facts import ModelFile
from loadstone.facts.difference import Changed

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Values:
    """The pairs whose values differ, largest difference first; how many are equal; what could not be read."""

    changed: tuple[Changed, ...]
    same: int
    unseen: tuple[str, ...]


def compare_values(left: ModelFile, right: ModelFile, pairs: Iterable[Pair]) -> Values:
    """Read both tensors of every pair of one shape, one pair at a time, and compare them."""
    changed: list[Changed] = []
    unseen: list[str] = []
    same = 0
    for pair in pairs:
        if pair.left.shape != pair.right.shape:
            continue
        try:
            found = difference(left.tensors[pair.left.name], right.tensors[pair.right.name])
        except LoadstoneError as error:
            unseen.append(f"{pair.left.name}: {error}")
            continue
        if found is None:
            same += 1
        else:
            size, words = found
            changed.append(Changed("value", pair.left.name, "", words, size, pair.reason))
    return Values(tuple(sorted(changed, key=lambda one: (-one.size, one.name))), same, tuple(unseen))


def difference(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[float, str] | None:
    """Return (largest absolute difference, words about it) of two arrays of one shape; None where they are equal.

    Not-a-numbers at one place on both sides are equal. What is no number has the size 0.
    """
    import numpy as np

    if left.dtype.kind in "OSU" or right.dtype.kind in "OSU":
        unequal = int(np.count_nonzero(left != right))
        return (0.0, f"{unequal:,} of {left.size:,} strings differ") if unequal else None
    one, two = (array.astype(np.complex128 if array.dtype.kind == "c" else np.float64) for array in (left, right))
    equal = (one == two) | (np.isnan(one) & np.isnan(two))
    if bool(equal.all()):
        return None
    with np.errstate(invalid="ignore"):
        gaps = np.abs(one - two)[~equal]
    finite = gaps[np.isfinite(gaps)]
    strange = gaps.size - finite.size
    size = float("inf") if strange else float(finite.max())
    count = f"{gaps.size:,} of {left.size:,} values differ"
    mean = f", by {finite.max():.6g} at most and {finite.mean():.6g} on average" if finite.size else ""
    return size, f"{count}{mean}{f'; {strange:,} are not finite on one side' if strange else ''}"
