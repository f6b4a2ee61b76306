"""The shapes that a detector's anchors have, without their places: what a dataset's boxes are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from loadstone.blueprint.faster_rcnn_parts import GridAnchors
from loadstone.blueprint.parts import MultiscaleAnchors

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.parts import SsdAnchors


def anchor_shapes(plan: MultiscaleAnchors | SsdAnchors | GridAnchors, side: int) -> npt.NDArray[np.float64]:
    """Return each different shape once, float64 (A, 2): width and height in pixels of an input of shorter side `side`.

    Source: object_detection/anchor_generators, as in `detectors.anchors`.
    """
    if isinstance(plan, MultiscaleAnchors):
        octaves = [2 ** (step / plan.scales_per_octave) for step in range(plan.scales_per_octave)]
        levels = range(plan.min_level, plan.max_level + 1)
        sizes = [plan.scale * 2**level * octave for level in levels for octave in octaves]
        return _shapes((size, size, ratio) for size in sizes for ratio in plan.aspect_ratios)
    if isinstance(plan, GridAnchors):
        height, width = plan.base
        return _shapes((s * width, s * height, ratio) for s in plan.scales for ratio in plan.aspect_ratios)
    return _shapes((scale * side, scale * side, ratio) for pairs in plan.shapes for scale, ratio in pairs)


def _shapes(wanted: Iterable[tuple[float, float, float]]) -> npt.NDArray[np.float64]:
    """Return width · √ratio and height / √ratio of each (width, height, ratio)."""
    rows = [(width * ratio**0.5, height / ratio**0.5) for width, height, ratio in wanted]
    return np.unique(np.round(np.array(rows, np.float64).reshape(-1, 2), 4), axis=0)
