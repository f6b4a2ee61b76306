"""A detector's result beside the truth, in the dataset's own classes: `Detections` → `Judged`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.evaluation.found_masks import masks_of
from loadstone.facts.dataset import Example, Objects
from loadstone.facts.evaluation import Judged
from loadstone.facts.masks import MaskView, PixelMask

if TYPE_CHECKING:
    from loadstone.facts.detections import Detections
    from loadstone.facts.masks import Mask


def judge(example: Example, found: Detections, positions: Mapping[int, int], *, masks: bool = False) -> Judged:
    """Return one picture's truth beside what was found in it.

    `positions`: the model's class id → the position in the dataset's classes; detections of other ids are left out.
    Where the picture has another size than its annotation states, the annotation is brought to the picture's; objects
    with a side that is no finite number, which nothing could find, are left out. With `masks`, those of both are
    drawn; raises as `found_masks.masks_of`.
    """
    places = np.array([positions.get(id_, -1) for id_ in found.class_ids.tolist()], np.int64)
    rows = places >= 0
    truth, boxes = scaled(_finite(example), found.width, found.height), found.boxes[rows].astype(np.float64)
    own = None if found.masks is None else found.masks[rows]
    # An annotation that counts in fractions may state no size of its own.
    sized = replace(truth, width=found.width, height=found.height)
    return Judged(
        truth,
        boxes,
        found.scores[rows].astype(np.float64),
        places[rows],
        None if found.keypoints is None else found.keypoints[rows].astype(np.float64),
        masks_of(sized, boxes, own) if masks else None,
    )


def _finite(example: Example) -> Example:
    objects = example.objects
    keep = np.flatnonzero(np.isfinite(objects.boxes).all(axis=1))
    if len(keep) == len(objects):
        return example
    masks = objects.masks and tuple(objects.masks[row] for row in keep.tolist())
    kept: dict[str, Any] = {
        name: None if getattr(objects, name) is None else getattr(objects, name)[keep]
        for name in ("boxes", "classes", "crowd", "difficult", "group_of", "weights", "keypoints", "areas")
    }
    return replace(example, objects=replace(objects, **kept, masks=masks))


def other_size(example: Example, width: int, height: int) -> bool:
    """Whether the annotation states a size in pixels, and another than the picture has."""
    stated = (example.width, example.height)
    return min(stated) > 0 and stated != (width, height)


def scaled(example: Example, width: int, height: int) -> Example:
    """Return the example with its objects in the pixels of a picture of this size."""
    if not other_size(example, width, height):
        return example
    return replace(example, width=width, height=height, objects=_scaled(example, width, height))


def _scaled(example: Example, width: int, height: int) -> Objects:
    """Return the example's objects with x and y stretched to this size."""
    across, down, objects = width / example.width, height / example.height, example.objects
    points = objects.keypoints
    masks = objects.masks and tuple(_mask(one, example, width, height) for one in objects.masks)
    return replace(
        objects,
        boxes=objects.boxes * np.array([across, down, across, down]),
        keypoints=None if points is None else points * np.array([across, down, 1.0]),
        masks=masks,
        areas=None if objects.areas is None else objects.areas * across * down,
    )


def _mask(mask: Mask | None, example: Example, width: int, height: int) -> Mask | None:
    if mask is None or not isinstance(mask, PixelMask):
        across, down = width / example.width, height / example.height
        return mask and tuple(_outline(outline, across, down) for outline in mask)
    rows, columns = (
        (np.arange(side) + 0.5) * own // side for side, own in ((height, example.height), (width, example.width))
    )
    return PixelMask(MaskView(mask.draw, rows.astype(np.int64), columns.astype(np.int64)).pixels)


def _outline(outline: tuple[float, ...], across: float, down: float) -> tuple[float, ...]:
    return tuple(value * (down if place % 2 else across) for place, value in enumerate(outline))
