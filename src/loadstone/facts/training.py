"""What is told of a training while it runs and when it is over: `StepFacts`, `EpochFacts`, `Training`.

A step is one batch. Losses have the original's names (`Loss/classification_loss`); `Loss/total_loss` is their sum with
the regularisation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Ending = Literal["done", "early", "interrupted"]
"""Why a training ended: all steps were taken, nothing got better for so long, or somebody asked it to."""


def plain(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Return numbers as JSON has them: null for what could not be measured."""
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step: `step` and `epoch` count from 0; `of` are the steps of the whole training.

    `rate` is the learning rate it was taken with, `gradient_norm` the global norm before clipping, `seconds` its whole
    time, `waited` the part in which it had no batch yet.
    """

    step: int
    of: int
    epoch: int
    losses: Mapping[str, float]
    rate: float
    gradient_norm: float
    seconds: float
    waited: float


@dataclass(frozen=True, slots=True)
class EpochFacts:
    """One epoch: `steps` are those of the training that are done; `losses` are means over the epoch.

    `validation` are the losses on the validation pictures, `metrics` what was measured there, by the original's names
    (`DetectionBoxes_Precision/mAP`), as fractions; both are empty without such pictures. `better` is whether it is the
    best epoch so far.
    """

    epoch: int
    steps: int
    losses: Mapping[str, float]
    rate: float
    seconds: float
    validation: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    better: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "epoch": self.epoch,
            "steps": self.steps,
            "losses": plain(self.losses),
            "rate": self.rate,
            "seconds": round(self.seconds, 3),
            "validation": plain(self.validation),
            "metrics": plain(self.metrics),
            "better": self.better,
        }


@dataclass(frozen=True, slots=True)
class Training:
    """A training that is over: where it lies, why it ended, its epochs, and the models that it wrote.

    `last` and `best` are paths of `.keras` files, None where there was no reason to write one.
    """

    folder: str
    ending: Ending
    steps: int
    epochs: tuple[EpochFacts, ...]
    last: str | None = None
    best: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def best_epoch(self) -> EpochFacts | None:
        """The epoch whose model is the best; None where nothing was measured."""
        return next((one for one in reversed(self.epochs) if one.better), None)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        best = self.best_epoch
        return {
            "folder": self.folder,
            "ending": self.ending,
            "steps": self.steps,
            "epochs": [one.as_json() for one in self.epochs],
            "best_epoch": None if best is None else best.epoch,
            "last": self.last,
            "best": self.best,
            "notes": list(self.notes),
        }
