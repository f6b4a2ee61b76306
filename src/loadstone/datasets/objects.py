"""`Objects` from lists: what every reader ends with, and what is cut out of them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.facts.dataset import Objects

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.masks import Mask

FARTHEST = 1e9
"""A side beyond this many pixels is a slip, and its square would still be a number: no picture is so large."""

SEEN = 2
"""COCO's visibility of a keypoint that is labelled and not hidden."""


def make_objects(
    boxes: Sequence[Sequence[float]] | npt.NDArray[np.float64],
    classes: Sequence[int],
    *,
    crowd: Sequence[bool] | None = None,
    difficult: Sequence[bool] | None = None,
    group_of: Sequence[bool] | None = None,
    weights: Sequence[float] | None = None,
    keypoints: npt.NDArray[np.float64] | None = None,
    masks: Sequence[Mask | None] | None = None,
    areas: Sequence[float] | None = None,
) -> Objects:
    """Return the objects of one picture: `boxes` (G, 4) xyxy in pixels, `classes` (G,); flags not given are false."""
    count = len(classes)
    return Objects(
        boxes=np.asarray(boxes, np.float64).reshape(count, 4),
        classes=np.asarray(classes, np.int64).reshape(count),
        crowd=_flags(crowd, count),
        difficult=_flags(difficult, count),
        group_of=_flags(group_of, count),
        weights=np.ones(count, np.float32) if weights is None else np.asarray(weights, np.float32).reshape(count),
        keypoints=keypoints,
        masks=None if masks is None or not any(masks) else tuple(masks),
        areas=None if areas is None else np.asarray(areas, np.float64).reshape(count),
    )


def _flags(given: Sequence[bool] | None, count: int) -> npt.NDArray[np.bool_]:
    return np.zeros(count, bool) if given is None else np.asarray(given, bool).reshape(count)


def no_objects() -> Objects:
    """Return the objects of a picture that has none."""
    return make_objects([], [])


def only(objects: Objects, keep: npt.NDArray[np.bool_]) -> Objects:
    """Return the objects for which `keep`, bool (G,), is true."""
    if keep.all():
        return objects
    arrays: dict[str, Any] = {
        name: getattr(objects, name)[keep]
        for name in ("boxes", "classes", "crowd", "difficult", "group_of", "weights", "keypoints", "areas")
        if getattr(objects, name) is not None
    }
    masks = objects.masks
    kept = None if masks is None else tuple(mask for mask, stays in zip(masks, keep, strict=True) if stays)
    return replace(objects, **arrays, masks=kept)
