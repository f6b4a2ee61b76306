"""What a Faster or Mask R-CNN is made of besides its networks: proposals, crops, masks. Frozen values.

Coordinates are `ymin, xmin, ymax, xmax`; anchors and proposals are in pixels of the resized picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Network, Variable
from loadstone.blueprint.parts import BoxCoder, MultiscaleAnchors, Normalisation, Resizer, Suppression


@dataclass(frozen=True, slots=True)
class GridAnchors:
    """`grid_anchor_generator.proto`: one map; (height, width) of the base, of the stride and of the offset."""

    scales: tuple[float, ...]
    aspect_ratios: tuple[float, ...]
    base: tuple[int, int] = (256, 256)
    stride: tuple[int, int] = (16, 16)
    offset: tuple[int, int] = (0, 0)

    @property
    def per_place(self) -> int:
        """Shapes at each place of the map."""
        return len(self.scales) * len(self.aspect_ratios)


@dataclass(frozen=True, slots=True)
class Proposals:
    """The first stage's choice: greedy suppression of the decoded boxes, without classes.

    `within_padding`: they are clipped to what the picture is padded to, not to the picture, as TF1 did before 2020.
    """

    score_threshold: float = 0.0
    iou_threshold: float = 0.7
    count: int = 300
    clip_anchors: bool = False
    within_padding: bool = False


@dataclass(frozen=True, slots=True)
class Crops:
    """Each proposal is sampled to `size` × `size` (crop and resize), then max-pooled, "valid".

    `by_matrix`: a sample that rounding puts beyond the map's edge still counts; else it is 0, as TensorFlow's own
    operation has it (tensorflow/core/kernels/image/crop_and_resize_op.cc).
    """

    size: int
    pool_window: int
    pool_stride: int
    by_matrix: bool = False

    @property
    def side(self) -> int:
        """What the second stage sees."""
        return (self.size - self.pool_window) // self.pool_stride + 1


@dataclass(frozen=True, slots=True)
class Masks:
    """The third stage's masks, (height, width); `agnostic` ones are the same for all classes."""

    size: tuple[int, int]
    agnostic: bool = False


@dataclass(frozen=True, slots=True)
class FasterRcnnBlueprint:
    """A Faster or Mask R-CNN as its configuration describes it.

    `first_stage`: picture → `features_0`, … (the maps to crop), `box_encodings` (N, 4), `objectness` (N, 2).
    `second_stage`: input `crops` (any number) → `features`, `box_encodings` (4, or 4 for each class),
    `class_predictions_with_background`. `third_stage`: input `features` of the final boxes' crops → `masks`.
    `shared_boxes`: one box for all classes.
    """

    meta_architecture: str
    feature_extractor: str
    num_classes: int
    resizer: Resizer
    normalisation: Normalisation
    first_stage: Network
    second_stage: Network
    third_stage: Network | None
    anchors: GridAnchors | MultiscaleAnchors
    proposals: Proposals
    crops: Crops
    shared_boxes: bool
    masks: Masks | None
    suppression: Suppression
    box_coder: BoxCoder
    unsupported: Sequence[str] = ()

    @property
    def variables(self) -> dict[str, Variable]:
        """Every variable of all stages by key."""
        stages = [self.first_stage, self.second_stage, *([self.third_stage] if self.third_stage else [])]
        return {key: variable for stage in stages for key, variable in stage.variables.items()}
