"""What an engine hands back for one picture: numbers as the network gave them, before names and filters.

Boxes are already decoded and in pixels of the picture that was given; nothing is renamed, merged or cut here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class RawDetections:
    """Detections in one picture, best score first.

    `boxes` is float32 `(N, 4)`, xyxy in pixels of the picture given; `scores` is float32 `(N,)` within [0, 1];
    `class_ids` is int64 `(N,)`, the model's own ids (`Detector.labels` maps the same ids to names).
    `suppressed` says whether overlapping boxes were already removed by the model's own non-maximum suppression.
    `masks` is float32 `(N, height, width)` within [0, 1], each stretched over its own box; None where there are none.
    `keypoints` is float32 `(N, K, 2)`, x and y in pixels, and `keypoint_scores` float32 `(N, K)` within [0, 1], 0 for
    what has no such point; both None where the model finds none.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    class_ids: npt.NDArray[np.int64]
    suppressed: bool = True
    masks: npt.NDArray[np.float32] | None = None
    keypoints: npt.NDArray[np.float32] | None = None
    keypoint_scores: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class RawClassification:
    """Probabilities of one picture: float32 `(C,)`; the position is the class id."""

    probabilities: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class RawTensors:
    """Outputs that nothing here knows how to read as boxes or classes: output name → array without its batch axis."""

    outputs: dict[str, npt.NDArray[Any]]


Raw = RawDetections | RawClassification | RawTensors
"""What `Detector.run` returns for each picture."""
