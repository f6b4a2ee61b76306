"""What a family of detectors brings to training: `Learner`. The loop knows nothing else of a detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from loadstone.facts.dataset import Sample

    Arrays = Mapping[str, npt.NDArray[Any]]


class Learner(Protocol):
    """A detector that can be trained, on any backend of Keras.

    `model` is the Keras model whose weights are trained: `values` reads them back by key for a `Rebuilt`.
    `encode` is NumPy, called in threads; `losses` is Keras operations on tensors, called within the compiled step.
    It may have `notes` besides: sentences, told before the first step, on what was asked for and is not done; and
    `masks`, true where samples are to have their objects' masks.
    """

    model: Any
    """The `keras.Model`; layers that are frozen have `trainable = False` already."""

    loss_names: Sequence[str]
    """Names of the losses, as the original's (`Loss/localization_loss`), in the order in which they are shown."""

    def encode(self, sample: Sample, random: np.random.Generator) -> Arrays:
        """Return one picture's arrays by name: the preprocessed `image` and its targets.

        Shapes and dtypes are the same for every sample, so that a batch is their stack.
        """

    def losses(self, batch: Mapping[str, Any], *, training: bool, seed: Any) -> Mapping[str, Any]:
        """Return the weighted, normalised losses of a batch by name, float32 scalars without regularisation.

        `batch` has the arrays of `encode`, stacked, as tensors. `training` is whether batch norms use the batch's
        statistics (where the configuration does not freeze them) and move theirs. `seed` is an int32 tensor (2,),
        another at every step, for what is drawn within the step (`draws.uniform` takes it).
        """

    def l2(self) -> Sequence[tuple[Any, float]]:
        """Return (variable, c) for each regularised variable: the sum of c·Σw² is added to the losses."""

    def values(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return every variable of the detector as an array, by its key in the blueprint."""
