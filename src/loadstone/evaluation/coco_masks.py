"""COCO's metrics of masks, computed by pycocotools: the overlap of pixels in the place of that of boxes.

Numbers bear the names of the original API's `coco_mask_metrics`. As there, an object is small or large by the area that
the file states, or its box's; a detection by its mask's. An object without a mask, which the original does not have,
takes any number of detections on its box and counts for none, as a crowd does.
Specification: cocodataset.org, "Detection Evaluation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.evaluation.coco import MOST_DETECTIONS, accumulated, mask_tools, metrics_of
from loadstone.evaluation.coco_matching import Shapes
from loadstone.facts.evaluation import Judged, JudgedMasks, Metrics

if TYPE_CHECKING:
    import numpy.typing as npt


def has_masks(judged: Sequence[Judged]) -> bool:
    """Whether every picture's masks were drawn, and some object has one."""
    masks = [one.masks for one in judged]
    return all(one is not None for one in masks) and any(not one.without.all() for one in masks if one is not None)


def coco_mask_metrics(judged: Sequence[Judged], classes: Sequence[str], *, most: int = MOST_DETECTIONS) -> Metrics:
    """Return the twelve numbers, and for each class its own; `has_masks(judged)` is true.

    Raises `EnvironmentLacksError` where pycocotools is not installed.
    """
    tables = accumulated(judged, len(classes), most, _shapes)
    return metrics_of(*tables, classes, most=most, what="Masks")


def _shapes(one: Judged) -> Shapes:
    masks = one.masks or JudgedMasks((), (), np.zeros(0, bool))
    areas = np.array([mask_tools().area(runs) for runs in masks.found], np.float64)
    return Shapes(_listed(masks.found), _listed(masks.truth), areas, one.truth.crowd | masks.without)


def _listed(masks: Sequence[Mapping[str, Any]]) -> npt.NDArray[Any]:
    """Return an array of objects, so that rows of it can be taken."""
    found = np.empty(len(masks), object)
    found[:] = masks
    return found
