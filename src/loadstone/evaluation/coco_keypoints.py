"""COCO's metrics of keypoints, computed by pycocotools: object keypoint similarity (OKS) in the place of IoU.

Specification: cocodataset.org, "Keypoint Evaluation". COCO measured how far people place each of its 17 points from one
another; for other points the original API takes 0.05 for each, and so is it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.evaluation.coco import mean_of, pycocotools, quiet
from loadstone.evaluation.coco_matching import object_areas, xywh
from loadstone.facts.evaluation import Judged, Metrics, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

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
    precision, recall = _accumulated(judged, len(classes), sigmas)
    values = {}
    for name, table in (("Keypoints_Precision/mAP", precision), ("Keypoints_Recall/mAR", recall)):
        values[name] = mean_of(table[..., 0, -1])
        values |= {f"{name}@.{50 + 5 * row}IOU": mean_of(table[row, ..., 0, -1]) for row in (0, 5)}
        values |= {f"{name} ({size})": mean_of(table[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    by_class = {name: {"AP": mean_of(precision[:, :, row, 0, -1])} for row, name in enumerate(distinct(classes))}
    return Metrics(
        "coco-keypoints", "COCO keypoints mAP@[.50:.95]", values["Keypoints_Precision/mAP"], values, by_class
    )


def _accumulated(judged: Sequence[Judged], classes: int, sigmas: Reals) -> tuple[Reals, Reals]:
    """Return pycocotools' tables: precision (10 OKS, 101 recalls, classes, 3 sizes, 1), recall without the second axis.

    Pictures and classes are numbered from 1, as rows are: pycocotools takes a match with row 0 for none.
    """
    _, evaluation = pycocotools()
    from pycocotools.coco import COCO

    truth, found = COCO(), COCO()
    about = {
        "images": [{"id": number} for number in range(1, len(judged) + 1)],
        "categories": [{"id": place} for place in range(1, classes + 1)],
    }
    for document, rows in ((truth, _truth_rows), (found, _found_rows)):
        every = ({**row, "image_id": number} for number, one in enumerate(judged, 1) for row in rows(one, len(sigmas)))
        document.dataset = {**about, "annotations": [{**row, "id": place} for place, row in enumerate(every, 1)]}
    with quiet():
        truth.createIndex()
        found.createIndex()
        run = evaluation(truth, found, "keypoints")
        run.params.maxDets, run.params.kpt_oks_sigmas = [MOST_DETECTIONS], sigmas
        run.evaluate()
        run.accumulate()
    return run.eval["precision"], run.eval["recall"]


def _truth_rows(one: Judged, count: int) -> Iterator[dict[str, Any]]:
    boxes, areas = xywh(one.truth.boxes).tolist(), object_areas(one).tolist()
    for place, class_ in enumerate(one.truth.classes.tolist()):
        points = np.zeros((count, 3)) if one.truth.keypoints is None else one.truth.keypoints[place]
        if class_ >= 0:
            yield {
                "category_id": class_ + 1,
                "bbox": boxes[place],
                "area": areas[place],
                "iscrowd": int(one.truth.crowd[place]),
                "keypoints": points.reshape(-1).tolist(),
                "num_keypoints": int((points[:, 2] > 0).sum()),
            }


def _found_rows(one: Judged, count: int) -> Iterator[dict[str, Any]]:
    """Yield detections as rows; a point that an object lacks lies at the corner, far from where it should be."""
    places = np.zeros((len(one.scores), count, 2)) if one.keypoints is None else np.nan_to_num(one.keypoints)
    boxes, scores = xywh(one.boxes), one.scores.tolist()
    for row, class_ in enumerate(one.classes.tolist()):
        points = np.concatenate([places[row], np.ones((count, 1))], axis=1)
        if class_ >= 0:
            yield {
                "category_id": class_ + 1,
                "area": float(boxes[row, 2] * boxes[row, 3]),
                "score": scores[row],
                "keypoints": points.reshape(-1).tolist(),
            }
