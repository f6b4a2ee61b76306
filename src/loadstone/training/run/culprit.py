"""Which picture made a loss that is no number: `blame`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import LoadstoneError

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.datasets.stream import Batch
    from loadstone.training.steps import Step, StepResult

_NAMED = 4


def blame(step: Step, batch: Batch, seed: npt.NDArray[np.int32], result: StepResult, last: Path) -> LoadstoneError:
    """Return the error for a step that was not finite: the pictures whose arrays, or whose own loss, are no numbers.

    Each picture is tried alone, as a batch of copies, by the weights before the step, which a bad one does not move.
    Where none is bad alone, or every one is, the training has diverged, and the whole batch is named.
    """
    losses = {name: value for name, value in result.losses.items() if not math.isfinite(value)}
    what = ", ".join(f"{name} {value}" for name, value in losses.items())
    kept = _kept(last)
    if keys := broken_arrays(batch):
        why = "their pictures or targets hold NaN or infinity"
    elif 0 < len(keys := broken_alone(step, batch, seed)) < max(len(batch.keys), 2):
        why = "their own loss is no number"
    else:
        keys, why = list(batch.keys), f"{'each' if keys else 'none'} alone: the training has diverged"
    return LoadstoneError(
        f"the {'loss' if losses else 'gradient'} is no number any more; {kept}",
        where=f"{_listed(keys)} ({why})",
        expected="finite numbers",
        found=what or f"a gradient of norm {result.gradient_norm}",
        help="look at the picture and its boxes (loadstone data check), or lower --lr, or add --clip 10",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def _kept(last: Path) -> str:
    return f"the last good checkpoint is kept: {last}" if last.exists() else "no checkpoint had been written yet"


def refuse_diverged(state: Mapping[str, npt.NDArray[Any]], last: Path) -> None:
    """Raise `LoadstoneError` for a state that holds NaN or infinity, which nothing could go on from.

    Statistics of batch norms overflow while losses, which do not read them in training, are still numbers.
    """
    broken = [name for name, array in state.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]
    if broken:
        raise LoadstoneError(
            f"the training has diverged: weights or statistics are no numbers any more; {_kept(last)}",
            where=_listed(broken),
            expected="finite numbers",
            found=f"NaN or infinity in {len(broken):,} of {len(state):,} arrays",
            help="lower --lr, lengthen --warmup, or add --clip 10",
        )


def broken_arrays(batch: Batch) -> list[str]:
    """Return the keys of the pictures with an array that is not finite."""
    floats = [array for array in batch.arrays.values() if array.dtype.kind == "f"]
    return [key for at, key in enumerate(batch.keys) if not all(np.isfinite(array[at]).all() for array in floats)]


def broken_alone(step: Step, batch: Batch, seed: npt.NDArray[np.int32]) -> list[str]:
    """Return the keys of the pictures whose loss alone is not finite."""
    return [
        key
        for at, key in enumerate(batch.keys)
        if not all(map(math.isfinite, step.losses(_alone(batch.arrays, at), seed, training=True).values()))
    ]


def _alone(arrays: Mapping[str, npt.NDArray[Any]], at: int) -> dict[str, npt.NDArray[Any]]:
    return {name: np.repeat(array[at : at + 1], len(array), axis=0) for name, array in arrays.items()}
