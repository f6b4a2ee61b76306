"""The anchors that train: clipped to the padded picture, or without those that reach beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from loadstone.detectors.anchors import Anchors
from loadstone.detectors.two_stage_anchors import anchor_rule, whole_anchors
from loadstone.training.matching import encode, match

if TYPE_CHECKING:
    from loadstone.blueprint.faster_rcnn_parts import FasterRcnnBlueprint

MATCHED, UNMATCHED = 0.7, 0.3
"""The proposals' thresholds, which no configuration changes (Ren et al., 2015, section 3.1.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainingAnchors:
    """boxes: float32 (N, 4) in pixels of the padded picture. rows: int64 (N,), their rows among the network's outputs.

    `clip_anchors_to_image` clips all of them; without it those not wholly inside the padded picture, and what the
    network says of them, take no part in training, though they do in detecting.
    """

    boxes: Anchors
    rows: npt.NDArray[np.int64]
    total: int

    @property
    def whole(self) -> bool:
        """Whether all anchors train."""
        return len(self.rows) == self.total


def training_anchors(blueprint: FasterRcnnBlueprint) -> TrainingAnchors:
    """Return the anchors of a detector whose pictures have one size."""
    size = blueprint.resizer.output or (0, 0)
    first = blueprint.first_stage
    height, width = first.nodes[first.outputs["features_0"]].shape[:2]
    boxes = whole_anchors(anchor_rule(blueprint.anchors), size, (height or 0, width or 0))
    limits = np.array([*size, *size], np.float32)
    if blueprint.proposals.clip_anchors:
        return TrainingAnchors(np.clip(boxes, 0, limits), np.arange(len(boxes)), len(boxes))
    inside = np.flatnonzero((boxes >= 0).all(axis=1) & (boxes <= limits).all(axis=1))
    return TrainingAnchors(np.ascontiguousarray(boxes[inside]), inside, len(boxes))


@dataclass(frozen=True, slots=True, eq=False)
class AnchorTargets:
    """match: int64 (N,), see `matching.match`. weights: float32 (N,), 0 for anchors that are ignored.

    `codes_of` gives the box codes of some anchors.
    """

    anchors: Anchors
    truth: npt.NDArray[np.float32]
    match: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]

    def codes_of(self, rows: npt.NDArray[np.int64], scales: tuple[float, float, float, float]) -> Anchors:
        """Return float32 (len(rows), 4), 0 for those that answer for no ground truth."""
        codes = np.zeros((len(rows), 4), np.float32)
        answered = self.match[rows]
        positive = np.flatnonzero(answered >= 0)
        if len(positive):
            codes[positive] = encode(self.truth[answered[positive]], self.anchors[rows[positive]], scales)
        return codes


def assigned(anchors: Anchors, truth: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]) -> AnchorTargets:
    """Match anchors (N, 4) and ground truth (G, 4), both in pixels; weights: float32 (G,)."""
    rows = match(truth, anchors, weights=weights, matched=MATCHED, unmatched=UNMATCHED, force=True)
    found = (rows == -1).astype(np.float32)
    found[rows >= 0] = weights[rows[rows >= 0]]
    return AnchorTargets(anchors, truth, rows, found)
