"""The `loss` message of an SSD: what its sums are of, weighted with, and divided by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from keras import ops

from loadstone.training.ssd.mining import HardExamples
from loadstone.training.ssd.rows import BoxRows, ClassRows, focal_rows, huber_rows

Decode = Callable[[Any], Any]
"""Box codes (B, N, 4) → boxes."""


@dataclass(frozen=True, slots=True)
class SsdTargets:
    """A batch's targets: boxes (B, N, 4), box_weights (B, N), columns int32 (B, N), class_weights (B, N).

    `match` int32 (B, N) is asked for only by the hard example miner.
    """

    boxes: Any
    box_weights: Any
    columns: Any
    class_weights: Any
    match: Any = None


USUAL_FOCAL: ClassRows = partial(focal_rows, alpha=0.25, gamma=2.0)
"""The values of the focal loss's paper."""


@dataclass(frozen=True, slots=True)
class SsdLoss:
    """Kinds, weights, and what the sums are divided by."""

    classification: ClassRows = USUAL_FOCAL
    localization: BoxRows = huber_rows
    classification_weight: float = 1.0
    localization_weight: float = 1.0
    by_matches: bool = True
    by_code_size: bool = True
    miner: HardExamples | None = None

    def rows(self, boxes: Any, classes: Any, targets: SsdTargets) -> tuple[Any, Any]:
        """Return the weighted loss of each anchor, localization and classification, both (B, N)."""
        localization = self.localization(boxes, targets.boxes, targets.box_weights)
        return localization, self.classification(classes, targets.columns) * targets.class_weights

    def __call__(self, boxes: Any, classes: Any, targets: SsdTargets, decode: Decode) -> tuple[Any, Any]:
        """Return the two losses of a batch, scalars: localization and classification.

        boxes: (B, N, 4) box codes; classes: (B, N, C) logits. One normaliser holds for the whole batch: the sum of the
        box weights, at least 1, also where only some anchors are chosen.
        """
        localization, classification = self.rows(boxes, classes, targets)
        if self.miner is not None:
            weights = (self.localization_weight, self.classification_weight)
            measured = self.miner.measured(localization, classification, weights=weights)
            chosen = self.miner.chosen(measured, decode(boxes), targets.match)
            localization, classification = localization * chosen, classification * chosen
        matches = ops.maximum(ops.sum(targets.box_weights), 1.0) if self.by_matches else 1.0
        codes = 4.0 if self.by_code_size else 1.0
        return (
            self.localization_weight * ops.sum(localization) / (matches * codes),
            self.classification_weight * ops.sum(classification) / matches,
        )
