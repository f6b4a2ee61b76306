"""What the rows of a one-stage detector are read by: a row is a box's encoding against its anchor, and its scores.

An SSD's rows, an EfficientDet's and a YOLO's differ in their anchors and in where scores come from; what comes after
is one reading (`ssd_reading`), one way of writing it for another engine, and one comparison.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from loadstone.blueprint.parts import Resizer, Suppression
from loadstone.detectors.anchors import Anchors
from loadstone.runtime.endings import Ending

KEPT_SETTINGS = (
    "score_threshold",
    "iou_threshold",
    "max_per_class",
    "max_total",
    "converter",
    "logit_scale",
    "clip_first",
    "class_agnostic",
)
"""The fields of `Suppression` that the reading takes."""


@dataclass(frozen=True, slots=True)
class BoxRows:
    """`anchors` are float32 (N, 4) yxyx relative to the network's input; encodings are divided by `scales`, (y, x,
    height, width).

    `rule.converter` makes scores of what the prepared network gives; `background`: whether column 0 is no class.
    """

    anchors: Anchors
    scales: tuple[float, float, float, float]
    background: bool
    rule: Suppression

    def ending(self, resizer: Resizer) -> Ending:
        """Return how two outputs are read: encodings (1, N, 4), and scores or logits (1, N, classes)."""
        settings = {key: value for key, value in asdict(self.rule).items() if key in KEPT_SETTINGS}
        settings |= {"background": self.background, "box_scales": list(self.scales)}
        fit = list(resizer.size) if resizer.kind == "keep-aspect" else None
        options = {"settings": settings, "boxes": 0, "classes": 1, "fit": fit}
        return Ending("detection", "ssd", options, {"anchors": np.ascontiguousarray(self.anchors)})
