"""What a CenterNet is made of besides its network: how its heat maps are read. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadstone.blueprint.network import Network, Variable
from loadstone.blueprint.parts import Normalisation, Resizer


@dataclass(frozen=True, slots=True)
class KeypointTask:
    """`CenterNet.KeypointEstimation`: `name` prefixes its heads; scores and scales as in center_net.proto."""

    name: str
    class_name: str
    keypoints: int
    per_keypoint_offset: bool = False
    candidate_score_threshold: float = 0.1
    candidates: int = 100
    peak_window: int = 3
    unmatched_score: float = 0.1
    box_scale: float = 1.2
    search_scale: float = 0.3
    ranking: str = "min_distance"
    distance_offset: float = 1.0
    distance_multiplier: float = 0.1


@dataclass(frozen=True, slots=True)
class CenterNetBlueprint:
    """A CenterNet as its configuration describes it (Zhou et al., 2019).

    The network's outputs are the heads of its last stack, named as the original's predictions: `object_center`
    (classes), `box/scale` and `box/offset` (2 each: height, width; y, x), and for a keypoint task `<name>/keypoint/…`.
    `stride` is the picture's side over a map's. `unsupported` names the fields that ask for something not built here.
    """

    meta_architecture: str
    feature_extractor: str
    num_classes: int
    resizer: Resizer
    normalisation: Normalisation
    network: Network
    max_boxes: int = 100
    peak_window: int = 3
    stride: int = 4
    keypoint_tasks: tuple[KeypointTask, ...] = ()
    unsupported: Sequence[str] = ()

    @property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable by key."""
        return self.network.variables
