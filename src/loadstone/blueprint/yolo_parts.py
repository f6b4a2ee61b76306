"""What a YOLO is made of besides its network: anchor-free, with a decoupled head. Frozen values.

After Ge et al., YOLOX: Exceeding YOLO Series in 2021 (arXiv 2107.08430). What it is not: a reader of anybody's files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Network, Variable
from loadstone.blueprint.parts import Normalisation, Resizer, Suppression

BOXES, OBJECTNESS, CLASSES = "box_encodings", "objectness", "class_predictions"
"""The network's outputs: rows over all places of all maps, finest first, row by row."""

USUAL_SUPPRESSION = Suppression(
    score_threshold=0.01, iou_threshold=0.65, max_per_class=100, max_total=100, converter="SIGMOID"
)
"""The thresholds with which the paper's models are evaluated [memory]; the two counts are the Object Detection API's.
"""


@dataclass(frozen=True, slots=True)
class YoloBlueprint:
    """A YOLO with one prediction a place.

    The network's outputs, with N places over all maps: `box_encodings` (N, 4), `objectness` (N, 1) and
    `class_predictions` (N, classes); the last two are logits. An encoding is (y, x, height, width): at row i and
    column j of a map of stride s the centre lies at ((i + y)·s, (j + x)·s) in pixels of the resized, padded picture,
    and the sides are exp(height)·s and exp(width)·s. A score is the product of the two sigmoids.
    `strides` are the maps', finest first. `unsupported` names what asks for something not built here.
    """

    meta_architecture: str
    feature_extractor: str
    num_classes: int
    resizer: Resizer
    normalisation: Normalisation
    network: Network
    strides: tuple[int, ...] = (8, 16, 32)
    suppression: Suppression = USUAL_SUPPRESSION
    unsupported: Sequence[str] = ()

    @property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable by key."""
        return self.network.variables

    @property
    def maps(self) -> tuple[tuple[int, int], ...]:
        """The (height, width) of the head's maps, finest first."""
        rows = self.network.nodes[self.network.outputs[OBJECTNESS]]
        shapes = [self.network.nodes[position].shape for position in rows.inputs]
        return tuple((shape[0] or 0, shape[1] or 0) for shape in shapes)
