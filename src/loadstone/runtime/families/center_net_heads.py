"""From a CenterNet's heads to the rows that its reading takes, in NumPy: what the prepared network does inside itself.

Source: object_detection/meta_architectures/center_net_meta_arch.py (top_k_feature_map_locations).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.resizers import aspect_ratio_size

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.blueprint.center_net_parts import CenterNetBlueprint

    Floats = npt.NDArray[np.float32]

SAME = np.float32(1e-6)
"""What a score may lie below the highest of its neighbours and be a peak still, as in the original."""


def center_net_rows(
    blueprint: CenterNetBlueprint, heads: Mapping[str, npt.NDArray[Any]], picture: tuple[int, int]
) -> list[Floats]:
    """Return what `CenterNet.detect` takes. `heads` are maps (1, height, width, channels), logits where they score.

    `picture` is the (height, width) of the picture that was given.
    """
    logits = heads["object_center"][0]
    scores = np.multiply(_sigmoid(logits), _mask(blueprint, logits.shape[:2], picture)[..., None], dtype=np.float32)
    peaks = _peaks(scores, blueprint.peak_window)
    rows = [peaks, peaks.max(axis=0), *(_places(heads[f"box/{name}"]) for name in ("scale", "offset"))]
    for task in blueprint.keypoint_tasks:
        rows.append(_peaks(_sigmoid(heads[f"{task.name}/keypoint/heatmap"][0]), task.peak_window))
        rows += [_places(heads[f"{task.name}/keypoint/{name}"]) for name in ("offset", "regression")]
    return rows


def _sigmoid(logits: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _places(head: npt.NDArray[Any]) -> Floats:
    return np.asarray(head[0].reshape(-1, head.shape[-1]), np.float32)


def _mask(blueprint: CenterNetBlueprint, sides: tuple[int, ...], picture: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return which places of the map count: those whose row and column are below the picture's pixels in the input.

    The original compares places of the map with pixels of the picture; what was trained that way is kept.
    """
    resizer = blueprint.resizer
    true = aspect_ratio_size(*picture, *resizer.size) if resizer.kind == "keep-aspect" else resizer.size
    rows, columns = (np.arange(side) < within for side, within in zip(sides, true, strict=True))
    return np.logical_and(rows[:, None], columns[None])


def _peaks(scores: Floats, window: int) -> Floats:
    """Return (channels, places): the scores (height, width, channels) where they are peaks, 0 elsewhere."""
    before = (window - 1) // 2
    pad = [(before, window - 1 - before)] * 2 + [(0, 0)]
    around = np.pad(scores, pad, constant_values=-np.inf)
    highest = np.lib.stride_tricks.sliding_window_view(around, (window, window), axis=(0, 1)).max(axis=(-2, -1))
    peaks = np.where(np.abs(scores - highest) < SAME, scores, np.float32(0))
    return np.ascontiguousarray(peaks.reshape(-1, scores.shape[-1]).T)
