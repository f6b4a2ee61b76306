"""A Faster R-CNN's anchors for one size of picture, from the generator's settings as a manifest holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from loadstone.detectors.anchors import Anchors, grid_anchors, multiscale_anchors


def anchors_for(rule: Mapping[str, Any], size: tuple[int, int], cells: tuple[int, int]) -> Anchors:
    """Return anchors, float32 (N, 4) yxyx in pixels, clipped to the picture's (height, width) as the original does it.

    `cells` are the first map's (height, width).
    """
    anchors = multiscale_anchors(size, **rule) if "min_level" in rule else grid_anchors(cells, **rule)
    return np.ascontiguousarray(np.clip(anchors, 0, np.array([*size, *size], np.float32)))
