"""What a step is on every backend: `Step`, its `StepResult`, and `make_step`, which picks the backend's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import keras

from loadstone.errors import EnvironmentLacksError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.training.averages import MovingAverages
    from loadstone.training.learner import Arrays, Learner

    State = dict[str, npt.NDArray[Any]]

REGULARIZATION = "Loss/regularization_loss"
TOTAL = "Loss/total_loss"
"""The original's names of what is added to a learner's losses, and of the sum."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """`losses` by name, the learner's own first; `gradient_norm` is the global norm before any clipping.

    `scale` is what the loss was multiplied by for its gradients, which an optimizer for halves does.
    """

    losses: Mapping[str, float]
    gradient_norm: float
    scale: float = 1.0

    @property
    def finite(self) -> bool:
        """Whether the step was one: a loss or a gradient that is no number changes no weight.

        A scaled gradient that overflows is none of the training's faults: the optimizer halves its scale and goes on.
        """
        return math.isfinite(self.losses[TOTAL]) and (self.scale > 1 or math.isfinite(self.gradient_norm))


class Step(Protocol):
    """A learner and an optimizer, ready to take batches. One thread at a time."""

    def __call__(self, arrays: Arrays, seed: npt.NDArray[np.int32]) -> StepResult:
        """Take one step. `arrays` is a batch, `seed` int32 (2,), another at every step.

        Where a loss or the gradients' norm is not finite, the gradients count as 0; see `StepResult.finite`.
        """

    def average(self, updates: int) -> None:
        """Take the weights into their moving averages, if there are any, after so many updates (1 after the first)."""

    def losses(self, arrays: Arrays, seed: npt.NDArray[np.int32], *, training: bool) -> Mapping[str, float]:
        """Return a batch's losses by name, without regularisation; no trained variable moves."""

    def state(self) -> State:
        """Return every variable that moves as an array by name: `weights/…`, `optimizer/…`, `averages/…`."""

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put the variables back to what `state` gave. `FormatError` where names or shapes are others."""

    def settled(self) -> AbstractContextManager[None]:
        """Let the learner's Keras variables hold what is to be kept within the context: the averages, if there are any.

        `losses` goes by them too. Nothing may move within it.
        """


def make_step(learner: Learner, optimizer: Any, averages: MovingAverages | None = None) -> Step:
    """Return the step of the backend that Keras runs on; `EnvironmentLacksError` where it cannot train.

    `averages` are of the model's trainable variables, in their order.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        from loadstone.training.steps.on_tensorflow import TensorflowStep

        return TensorflowStep(learner, optimizer, averages)
    if backend == "jax":
        from loadstone.training.steps.on_jax import JaxStep

        return JaxStep(learner, optimizer, averages)
    if backend == "torch":
        from loadstone.training.steps.on_torch import TorchStep

        return TorchStep(learner, optimizer, averages)
    raise EnvironmentLacksError(
        f"Keras cannot train on its backend {backend}",
        expected="tensorflow, jax or torch",
        found=backend,
        help="pip install 'loadstone[train]', and name the backend: --backend tensorflow, jax or torch",
    )
