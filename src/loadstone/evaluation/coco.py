"""COCO's metrics, computed by pycocotools: average precision over IoU 0.50 to 0.95, by size, and recall by count.

Numbers bear the names of the original API's `coco_detection_metrics` (coco_evaluation.py, coco_tools.py). As there, an
object is small below 32² and large above 96² square pixels by its own area, or its box's where no file says the area;
a crowd takes any number of boxes and counts for none; `difficult` and `group_of` mean nothing.
Specification: cocodataset.org, "Detection Evaluation".
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import EnvironmentLacksError
from loadstone.facts.evaluation import Judged, Metrics, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.facts.dataset import Objects

MOST_DETECTIONS = 100
"""Boxes of one class that count in one picture, COCO's own number."""

SIZES = ("small", "medium", "large")


def coco_map(judged: Sequence[Judged], classes: Sequence[str], *, most: int = MOST_DETECTIONS) -> float:
    """Return COCO's mAP over IoU 0.50 to 0.95, NaN where nothing is annotated. Raises as `coco_metrics`."""
    return coco_metrics(judged, classes, most=most).mean


def coco_metrics(judged: Sequence[Judged], classes: Sequence[str], *, most: int = MOST_DETECTIONS) -> Metrics:
    """Return the twelve numbers, and for each class its own. `most` boxes of a class count in one picture.

    Raises `EnvironmentLacksError` where pycocotools is not installed.
    """
    scores = evaluated(judged, classes, most=most)
    precision, recall = scores["precision"], scores["recall"]
    names = distinct(classes)
    by_class = {name: _class_numbers(precision[:, :, row], recall[:, row], most=most) for row, name in enumerate(names)}
    values = _overall(precision, recall, most=most)
    values |= {f"DetectionBoxes_PerformanceByCategory/mAP/{name}": row["AP"] for name, row in by_class.items()}
    mean = values["DetectionBoxes_Precision/mAP"]
    return Metrics("coco", "COCO box mAP@[.50:.95]", mean, values, by_class)


def _overall(precision: npt.NDArray[np.float64], recall: npt.NDArray[np.float64], *, most: int) -> dict[str, float]:
    """Return the twelve numbers. `precision` is (10 IoUs, 101 recalls, classes, 4 sizes, 3 counts), `recall` without
    the second axis; -1 stands where a class has no object of that size.
    """
    box, found = "DetectionBoxes_Precision", "DetectionBoxes_Recall"
    values = {
        f"{box}/mAP": mean_of(precision[..., 0, -1]),
        f"{box}/mAP@.50IOU": mean_of(precision[0, ..., 0, -1]),
        f"{box}/mAP@.75IOU": mean_of(precision[5, ..., 0, -1]),
    }
    values |= {f"{box}/mAP ({size})": mean_of(precision[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    values |= {f"{found}/AR@{count}": mean_of(recall[..., 0, place]) for place, count in enumerate((1, 10, most))}
    return values | {f"{found}/AR@{most} ({size})": mean_of(recall[..., row, -1]) for row, size in enumerate(SIZES, 1)}


def _class_numbers(
    precision: npt.NDArray[np.float64], recall: npt.NDArray[np.float64], *, most: int
) -> dict[str, float]:
    """Return one class's numbers; the axes are those of `_overall` without that of the classes."""
    values = {
        "AP": mean_of(precision[..., 0, -1]),
        "AP50": mean_of(precision[0, :, 0, -1]),
        "AP75": mean_of(precision[5, :, 0, -1]),
    }
    values |= {f"AP ({size})": mean_of(precision[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    values[f"AR@{most}"] = mean_of(recall[:, 0, -1])
    return values | {f"AR@{most} ({size})": mean_of(recall[:, row, -1]) for row, size in enumerate(SIZES, 1)}


def mean_of(values: npt.NDArray[np.float64]) -> float:
    """Return the mean of what pycocotools could measure, NaN where that is nothing: it writes -1 there."""
    real = values[values > -1]
    return float(real.mean()) if real.size else float("nan")


def evaluated(
    judged: Sequence[Judged],
    classes: Sequence[str],
    *,
    most: int,
    sigmas: npt.NDArray[np.float64] | None = None,
) -> Mapping[str, Any]:
    """Run pycocotools over all pictures, on boxes or, with `sigmas` (K,), on K keypoints; return its `eval`.

    It prints as it goes, which nobody asked for. Raises as `coco_metrics`.
    """
    coco, evaluation = _pycocotools()
    with contextlib.redirect_stdout(io.StringIO()):
        truth, found = coco(), coco()
        truth.dataset, found.dataset = _documents(judged, classes, keypoints=0 if sigmas is None else len(sigmas))
        truth.createIndex()
        found.createIndex()
        run = evaluation(truth, found, "bbox" if sigmas is None else "keypoints")
        run.params.maxDets = [1, 10, most] if sigmas is None else [most]
        if sigmas is not None:
            run.params.kpt_oks_sigmas = sigmas
        run.evaluate()
        run.accumulate()
    scores: Mapping[str, Any] = run.eval
    return scores


def _pycocotools() -> tuple[Any, Any]:
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise EnvironmentLacksError(
            "COCO's metrics need pycocotools", found=str(error), help="pip install 'loadstone[train]'"
        ) from error
    return COCO, COCOeval


def _documents(
    judged: Sequence[Judged], classes: Sequence[str], *, keypoints: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return truth and detections as COCO's documents. Ids begin at 1: pycocotools takes a match with 0 for none."""
    about = {
        "images": [{"id": number} for number in range(1, len(judged) + 1)],
        "categories": [{"id": place, "name": name} for place, name in enumerate(classes, 1)],
    }
    truth, found = [], []
    for number, one in enumerate(judged, 1):
        truth += [{"image_id": number, **row} for row in _truth_rows(one.truth, keypoints=keypoints)]
        found += [{"image_id": number, **row} for row in _found_rows(one, keypoints=keypoints)]
    for rows in (truth, found):
        for row_id, row in enumerate(rows, 1):
            row["id"] = row_id
    return {**about, "annotations": truth}, {**about, "annotations": found}


def _truth_rows(truth: Objects, *, keypoints: int) -> Iterator[dict[str, Any]]:
    boxes = _xywh(truth.boxes)
    areas = boxes[:, 2] * boxes[:, 3]
    if truth.areas is not None:
        areas = np.where(np.isnan(truth.areas), areas, truth.areas)
    rows = zip(boxes.tolist(), areas.tolist(), truth.classes.tolist(), truth.crowd.tolist(), strict=True)
    for place, (box, area, class_, crowd) in enumerate(rows):
        if class_ < 0:
            continue
        row = {"bbox": box, "area": area, "category_id": class_ + 1, "iscrowd": int(crowd)}
        if keypoints:
            points = np.zeros((keypoints, 3)) if truth.keypoints is None else truth.keypoints[place]
            row |= {"keypoints": points.reshape(-1).tolist(), "num_keypoints": int((points[:, 2] > 0).sum())}
        yield row


def _found_rows(one: Judged, *, keypoints: int) -> Iterator[dict[str, Any]]:
    boxes = _xywh(one.boxes)
    rows = zip(boxes.tolist(), one.scores.tolist(), one.classes.tolist(), strict=True)
    for place, (box, score, class_) in enumerate(rows):
        row = {"bbox": box, "area": box[2] * box[3], "category_id": class_ + 1, "score": score, "iscrowd": 0}
        if keypoints and one.keypoints is not None:
            points = np.nan_to_num(one.keypoints[place])
            row["keypoints"] = np.concatenate([points, np.ones((len(points), 1))], axis=1).reshape(-1).tolist()
        if class_ >= 0:
            yield row


def _xywh(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
