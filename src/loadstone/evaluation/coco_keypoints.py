"""COCO's metrics of keypoints, computed by pycocotools: object keypoint similarity (OKS) in the place of IoU.

Specification: cocodataset.org, "Keypoint Evaluation". COCO measured how far people place each of its 17 points from one
another; for other points the original API takes 0.05 for each, and so is it here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadstone.evaluation.coco import evaluated, mean_of
from loadstone.facts.evaluation import Judged, Metrics, distinct

MOST_DETECTIONS = 20
"""Objects of one class that count in one picture, COCO's own number for keypoints."""

PERSON = (0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107, 0.087, 0.087)
COCO_SIGMAS = np.array([*PERSON, 0.089, 0.089])
"""Standard deviations of COCO's 17 points, as a share of the object's size (its page, section 1.3)."""
OTHER_SIGMA = 0.05

SIZES = ("medium", "large")


def keypoint_count(judged: Sequence[Judged]) -> int:
    """Return how many keypoints an object has, 0 where truth and detections do not both have that many."""
    annotated = {one.truth.keypoints.shape[1] for one in judged if one.truth.keypoints is not None and len(one.truth)}
    found = {one.keypoints.shape[1] for one in judged if one.keypoints is not None and len(one.keypoints)}
    return min(annotated) if annotated == found and len(annotated) == 1 else 0


def coco_keypoint_metrics(judged: Sequence[Judged], classes: Sequence[str]) -> Metrics:
    """Return the ten numbers of COCO's keypoints, and average precision for each class that has points.

    `keypoint_count(judged)` is above 0. Raises `EnvironmentLacksError` where pycocotools is not installed.
    """
    count = keypoint_count(judged)
    sigmas = COCO_SIGMAS if count == len(COCO_SIGMAS) else np.full(count, OTHER_SIGMA)
    scores = evaluated(judged, classes, most=MOST_DETECTIONS, sigmas=sigmas)
    precision, recall = scores["precision"], scores["recall"]
    values = {}
    for name, table in (("Keypoints_Precision/mAP", precision), ("Keypoints_Recall/mAR", recall)):
        values[name] = mean_of(table[..., 0, -1])
        values |= {f"{name}@.{50 + 5 * row}IOU": mean_of(table[row, ..., 0, -1]) for row in (0, 5)}
        values |= {f"{name} ({size})": mean_of(table[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    by_class = {name: {"AP": mean_of(precision[:, :, row, 0, -1])} for row, name in enumerate(distinct(classes))}
    return Metrics(
        "coco-keypoints", "COCO keypoints mAP@[.50:.95]", values["Keypoints_Precision/mAP"], values, by_class
    )
