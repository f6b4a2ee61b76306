"""A Faster R-CNN's anchors for one size of picture, from the generator's settings as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.anchors import Anchors, grid_anchors, multiscale_anchors

if TYPE_CHECKING:
    from loadstone.blueprint.faster_rcnn_parts import GridAnchors
    from loadstone.blueprint.parts import MultiscaleAnchors


def anchor_rule(plan: GridAnchors | MultiscaleAnchors) -> dict[str, Any]:
    """Return the generator as plain values, as a manifest holds it and `anchors_for` takes it."""
    from loadstone.blueprint.faster_rcnn_parts import GridAnchors

    if isinstance(plan, GridAnchors):
        return {
            "scales": plan.scales,
            "aspect_ratios": plan.aspect_ratios,
            "base_size": plan.base,
            "stride": plan.stride,
            "offset": plan.offset,
        }
    return {
        "min_level": plan.min_level,
        "max_level": plan.max_level,
        "anchor_scale": plan.scale,
        "aspect_ratios": plan.aspect_ratios,
        "scales_per_octave": plan.scales_per_octave,
        "normalise": plan.normalise,
    }


def anchors_for(rule: Mapping[str, Any], size: tuple[int, int], cells: tuple[int, int]) -> Anchors:
    """Return anchors, float32 (N, 4) yxyx in pixels, clipped to the picture's (height, width) as the original does it.

    `cells` are the first map's (height, width).
    """
    return np.ascontiguousarray(np.clip(whole_anchors(rule, size, cells), 0, np.array([*size, *size], np.float32)))


def whole_anchors(rule: Mapping[str, Any], size: tuple[int, int], cells: tuple[int, int]) -> Anchors:
    """Return the anchors of `anchors_for` as they are before clipping."""
    return multiscale_anchors(size, **rule) if "min_level" in rule else grid_anchors(cells, **rule)
