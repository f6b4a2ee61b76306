"""Random numbers within a compiled step: from the seed that the step is given, not from state that has to be kept."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

GOLDEN = 0x9E3779B9
"""2³² over the golden ratio: multiples of it lie far apart, so that one step's draws are not the next step's."""


class StepSeed(keras.random.SeedGenerator):
    """Gives each draw of one step a seed of its own; `keras.random` takes it where it takes a generator.

    seed: int32 tensor (2,), another at every step. Nothing is stored, so the same seed draws the same numbers again.
    """

    def __init__(self, seed: Any) -> None:
        # The base class would make a variable for its state; there is none here.
        self._seed = ops.cast(seed, "uint32")
        self._drawn = 0

    def next(self, ordered: bool = True) -> Any:
        """Return the next draw's seed, uint32 (2,)."""
        self._drawn += 1
        return self._seed + ops.convert_to_tensor([self._drawn * GOLDEN % 2**32, 0], "uint32")
