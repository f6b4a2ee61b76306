"""The step on PyTorch: as it is written, operation by operation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from keras import ops

from loadstone.training.steps.engine import REGULARIZATION, TOTAL, StepResult
from loadstone.training.steps.variables import (
    arrays_of,
    assign,
    global_norm,
    named,
    regularization,
    scale_of,
    scales,
    swapped,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.training.averages import MovingAverages
    from loadstone.training.learner import Arrays, Learner


class TorchStep:
    """See `engine.Step`."""

    def __init__(self, learner: Learner, optimizer: Any, averages: MovingAverages | None) -> None:
        self._learner, self._optimizer, self._averages = learner, optimizer, averages
        self._trained = learner.model.trainable_variables
        optimizer.build(self._trained)
        self._variables = named(learner, optimizer, averages.averages if averages else ())
        self._terms = learner.l2()

    def __call__(self, arrays: Arrays, seed: npt.NDArray[np.int32]) -> StepResult:
        """See `engine.Step`."""
        for variable in self._trained:
            variable.value.grad = None
        losses = dict(self._learner.losses(_tensors(arrays), training=True, seed=ops.convert_to_tensor(seed)))
        total = sum(losses.values())
        if self._terms:
            losses[REGULARIZATION] = regularization(self._terms)
            total = total + losses[REGULARIZATION]
        losses[TOTAL] = total
        self._optimizer.scale_loss(total).backward()
        gradients = [variable.value.grad for variable in self._trained]
        with torch.no_grad():
            scale = scale_of(self._optimizer)
            *values, norm, scale = torch.stack([*losses.values(), global_norm(gradients) / scale, scale]).tolist()
            if not math.isfinite(values[-1] if scales(self._optimizer) else values[-1] + norm):
                gradients = [None if each is None else torch.zeros_like(each) for each in gradients]
            self._optimizer.apply(gradients, self._trained)
        return StepResult(dict(zip(losses, values, strict=True)), norm, scale)

    def losses(self, arrays: Arrays, seed: npt.NDArray[np.int32], *, training: bool) -> Mapping[str, float]:
        """See `engine.Step`."""
        with torch.no_grad():
            found = self._learner.losses(_tensors(arrays), training=training, seed=ops.convert_to_tensor(seed))
        return {name: float(value) for name, value in found.items()}

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """See `engine.Step`."""
        return arrays_of(self._variables)

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """See `engine.Step`."""
        assign(self._variables, state)

    def average(self, updates: int) -> None:
        """See `engine.Step`."""
        if self._averages:
            with torch.no_grad():
                self._averages.update(updates)

    def settled(self) -> AbstractContextManager[None]:
        """See `engine.Step`; the Keras variables are the ones that move."""
        return swapped(self._trained, self._averages.averages if self._averages else ())


def _tensors(arrays: Arrays) -> dict[str, Any]:
    return {name: ops.convert_to_tensor(array) for name, array in arrays.items()}
