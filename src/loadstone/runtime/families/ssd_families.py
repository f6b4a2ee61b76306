"""Detectors that hand out raw boxes without their anchors in the file, and the published schemes that make them.

A family is recognised only where its outputs' numbers and its input's size fit its scheme exactly; each scheme was
checked on a photograph of a face. Anything else stays unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.endings import Ending
from loadstone.runtime.families.ssd_raw import grid
from loadstone.runtime.pictures.picture_input import UNIT, Scaling, picture_input

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Family:
    """One published detector: what it is recognised by, and how it is read.

    `anchors` makes them for an input of (height, width); `columns` is the width of a row of scores.
    """

    name: str
    columns: int
    scaling: Scaling
    labels: Mapping[int, str]
    sizes: tuple[tuple[int, int], ...]
    anchors: Callable[[int, int], Floats]
    options: Mapping[str, Any]


def _face_mask_anchors(height: int, width: int) -> Floats:
    """AIZOOTech FaceMaskDetection (MIT): five square maps of a 260 × 260 picture, four anchors a cell."""
    maps = (33, 17, 9, 5, 3)
    scales = ((0.04, 0.056), (0.08, 0.11), (0.16, 0.22), (0.32, 0.45), (0.64, 0.72))
    parts = []
    for cells, (small, large) in zip(maps, scales, strict=True):
        centres = ((np.arange(cells) + 0.5) / cells).astype(np.float32)
        sides = [(small, small), (large, large), *((small * sqrt(r), small / sqrt(r)) for r in (0.62, 0.42))]
        parts.append(grid(cells, cells, (centres, centres), sides))
    return np.concatenate(parts)


def _ultra_light_anchors(height: int, width: int) -> Floats:
    """Linzaer Ultra-Light-Fast-Generic-Face-Detector (MIT): strides 8 to 64, squares of fixed pixels."""
    parts = []
    for stride, sides in ((8, (10, 16, 24)), (16, (32, 48)), (32, (64, 96)), (64, (128, 192, 256))):
        columns, rows = ceil(width / stride), ceil(height / stride)
        x = ((np.arange(columns) + 0.5) * stride / width).astype(np.float32)
        y = ((np.arange(rows) + 0.5) * stride / height).astype(np.float32)
        parts.append(grid(columns, rows, (x, y), [(side / width, side / height) for side in sides]))
    return np.concatenate(parts)


_COMMON = {"variances": [0.1, 0.1, 0.2, 0.2], "before": 400, "most": 200, "each_class": False}

FAMILIES = (
    Family(
        "AIZOOTech FaceMaskDetection",
        2,
        UNIT,
        {0: "mask", 1: "no mask"},
        ((260, 260),),
        _face_mask_anchors,
        {**_COMMON, "background": False, "score": 0.05, "iou": 0.4},
    ),
    Family(
        "Ultra-Light-Fast-Generic-Face-Detector",
        2,
        Scaling((127.0,), (128.0,)),
        {1: "face"},
        ((240, 320), (480, 640)),
        _ultra_light_anchors,
        # Its own suppression looks at the best 200 candidates.
        {**_COMMON, "before": 200, "background": True, "score": 0.05, "iou": 0.3},
    ),
)


@dataclass(frozen=True, slots=True)
class FoundFamily:
    """A recognised family: how to read its outputs, scale its pixels and name its classes."""

    ending: Ending
    scaling: Scaling
    labels: Mapping[int, str]
    notes: tuple[str, ...]


def family_of(model: Any) -> FoundFamily | None:
    """Return the family of a network with raw outputs `(1, N, 4)` and `(1, N, C)`, None where none fits exactly."""
    found = _raw_pair(model)
    if found is None:
        return None
    boxes, scores, columns = found
    taken = picture_input(model)
    size = (taken.height or 0, taken.width or 0)
    for family in FAMILIES:
        if size in family.sizes and columns == family.columns:
            anchors = family.anchors(*size)
            if _rows(model, boxes) in (None, len(anchors)):
                options = {**family.options, "boxes": boxes, "scores": scores}
                ending = Ending("detection", "ssd-raw", options, {"anchors": anchors})
                note = f"the anchors are not in the file; those of {family.name} fit it and were used"
                return FoundFamily(ending, family.scaling, family.labels, (note,))
    return None


def _raw_pair(model: Any) -> tuple[int, int, int] | None:
    """Return (position of the boxes, of the scores, classes) where there are two outputs of three axes, one 4 wide."""
    if len(model.outputs) != 2:
        return None
    widths = [_last(port) for port in model.outputs]
    if widths.count(4) != 1 or None in widths:
        return None
    boxes = widths.index(4)
    return boxes, 1 - boxes, widths[1 - boxes] or 0


def _last(port: Any) -> int | None:
    shape = port.partial_shape
    if shape.rank.is_dynamic or len(shape) != 3 or shape[2].is_dynamic:
        return None
    return int(shape[2].get_length())


def _rows(model: Any, at: int) -> int | None:
    """Return the number of anchors that the network states, None where it leaves that open."""
    side = model.outputs[at].partial_shape[1]
    return None if side.is_dynamic else int(side.get_length())
