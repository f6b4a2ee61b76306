"""The Object Detection API's outputs by name, as an export or TensorFlow gives them, read as detections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

EXTRAS = ("detection_masks", "detection_keypoints", "detection_keypoint_scores")


def detections_of(outputs: Mapping[str, npt.NDArray[Any]], height: int, width: int) -> RawDetections:
    """Return the first `num_detections` rows (all where that is not given), in pixels of the picture."""
    scores = outputs["detection_scores"].reshape(-1)
    count = int(outputs["num_detections"].reshape(-1)[0]) if "num_detections" in outputs else len(scores)
    masks, points, point_scores = (outputs[name][0][:count] if name in outputs else None for name in EXTRAS)
    return RawDetections(
        outputs["detection_boxes"].reshape(-1, 4)[:count, [1, 0, 3, 2]]
        * np.array([width, height, width, height], np.float32),
        scores[:count],
        np.rint(outputs["detection_classes"].reshape(-1)[:count]).astype(np.int64),
        masks=masks,
        keypoints=None if points is None else points[:, :, ::-1] * np.array([width, height], np.float32),
        keypoint_scores=point_scores,
    )


def best_first(found: RawDetections) -> RawDetections:
    """Return the rows by score; those of nothing, which have none, are left out."""
    order = np.argsort(-found.scores, kind="stable")
    order = order[found.scores[order] > 0]
    masks, points, point_scores = (
        None if rows is None else rows[order] for rows in (found.masks, found.keypoints, found.keypoint_scores)
    )
    boxes, scores, classes = found.boxes[order], found.scores[order], found.class_ids[order]
    return RawDetections(boxes, scores, classes, masks=masks, keypoints=points, keypoint_scores=point_scores)
