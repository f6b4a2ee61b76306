"""Masks of truth and detections in a picture's pixels, as pycocotools takes them: its run lengths.

A detector's mask is stretched over its box, and what is above a half there is the object's: what the original API
measures (`reframe_box_masks_to_image_masks` of ops.py, bilinear, and `eval_util.py`'s 0.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import FormatError
from loadstone.evaluation.coco import mask_tools
from loadstone.facts.evaluation import JudgedMasks
from loadstone.facts.masks import PixelMask, pasted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from loadstone.facts.dataset import Example
    from loadstone.facts.evaluation import ReadMask
    from loadstone.facts.masks import Mask, Pixels

    Reals = npt.NDArray[np.float64]

FARTHEST = 1e6
"""Pixels from the picture's corner; a comparison with NaN is false, so that it counts as farther."""


def masks_of(example: Example, boxes: Reals, masks: npt.NDArray[np.float32] | None) -> JudgedMasks | None:
    """Return the masks of a picture's objects, and those of what was found: boxes (N, 4) xyxy, masks (N, h, w).

    None where something was found without a mask. Raises `LoadstoneError` for an object's mask that cannot be drawn,
    `EnvironmentLacksError` where pycocotools is not installed.
    """
    if masks is None and len(boxes):
        return None
    height, width = example.height, example.width
    drawn = [] if masks is None else list(masks)
    found = [_runs(pasted(mask, box, height, width)) for mask, box in zip(drawn, boxes.tolist(), strict=True)]
    own = example.objects.masks or (None,) * len(example.objects)
    truth = [_runs_of(mask, box, height, width) for mask, box in zip(own, example.objects.boxes.tolist(), strict=True)]
    return JudgedMasks(tuple(found), tuple(truth), np.array([mask is None for mask in own], bool))


def _runs(pixels: Pixels) -> dict[str, Any]:
    found: dict[str, Any] = mask_tools().encode(np.asfortranarray(pixels, np.uint8))
    return found


def drawing(runs: Mapping[str, Any]) -> ReadMask:
    """Return what draws a mask, bool (H, W), of its run lengths."""
    return lambda: np.asarray(mask_tools().decode(runs), bool)


def _runs_of(mask: Mask | None, box: list[float], height: int, width: int) -> dict[str, Any]:
    """Return an object's run lengths, those of its box where it has no mask."""
    if isinstance(mask, PixelMask):
        pixels = mask.draw()
        if pixels.shape != (height, width):
            expected, found = f"{width} × {height}", f"{pixels.shape[1]} × {pixels.shape[0]}"
            raise FormatError("a mask has another size than its picture", expected=expected, found=found)
        return _runs(pixels)
    left, top, right, bottom = box
    outlines = mask or ((left, top, right, top, right, bottom, left, bottom),)
    # pycocotools walks along an outline step by step, however far its corners lie.
    if not all((np.abs(outline) <= FARTHEST).all() for outline in outlines):
        raise FormatError("an outline has a corner that no picture has", expected=f"at most {FARTHEST:,.0f} pixels")
    tools = mask_tools()
    merged: dict[str, Any] = tools.merge(tools.frPyObjects([list(outline) for outline in outlines], height, width))
    return merged
