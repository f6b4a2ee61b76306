"""COCO's metrics, computed by pycocotools: average precision over IoU 0.50 to 0.95, by size, and recall by count.

Numbers bear the names of the original API's `coco_detection_metrics` (coco_evaluation.py, coco_tools.py). As there, an
object is small below 32² and large above 96² square pixels by its own area, or its box's where no file says the area;
a crowd takes any number of boxes and counts for none; `difficult` and `group_of` mean nothing.
Specification: cocodataset.org, "Detection Evaluation".
"""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.errors import EnvironmentLacksError
from loadstone.evaluation.coco_matching import Shapes, box_shapes, entries
from loadstone.facts.evaluation import Judged, Metrics, distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    Reals = npt.NDArray[np.float64]

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
    return metrics_of(*accumulated(judged, len(classes), most), classes, most=most, what="Boxes")


def metrics_of(precision: Reals, recall: Reals, classes: Sequence[str], *, most: int, what: str) -> Metrics:
    """Return the metrics of `what`, Boxes or Masks, that pycocotools' tables hold."""
    names = distinct(classes)
    by_class = {name: _class_numbers(precision[:, :, row], recall[:, row], most=most) for row, name in enumerate(names)}
    values = _overall(precision, recall, most=most, what=what)
    values |= {f"Detection{what}_PerformanceByCategory/mAP/{name}": row["AP"] for name, row in by_class.items()}
    kind, title = ("coco", "box") if what == "Boxes" else ("coco-masks", "mask")
    mean = values[f"Detection{what}_Precision/mAP"]
    return Metrics(kind, f"COCO {title} mAP@[.50:.95]", mean, values, by_class)


def _overall(precision: Reals, recall: Reals, *, most: int, what: str) -> dict[str, float]:
    """Return the twelve numbers. `precision` is (10 IoUs, 101 recalls, classes, 4 sizes, 1 count), `recall` (10 IoUs,
    classes, 4 sizes, 3 counts); -1 stands where a class has no object of that size.
    """
    box, found = f"Detection{what}_Precision", f"Detection{what}_Recall"
    values = {
        f"{box}/mAP": mean_of(precision[..., 0, -1]),
        f"{box}/mAP@.50IOU": mean_of(precision[0, ..., 0, -1]),
        f"{box}/mAP@.75IOU": mean_of(precision[5, ..., 0, -1]),
    }
    values |= {f"{box}/mAP ({size})": mean_of(precision[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    values |= {f"{found}/AR@{count}": mean_of(recall[..., 0, place]) for place, count in enumerate((1, 10, most))}
    return values | {f"{found}/AR@{most} ({size})": mean_of(recall[..., row, -1]) for row, size in enumerate(SIZES, 1)}


def _class_numbers(precision: Reals, recall: Reals, *, most: int) -> dict[str, float]:
    """Return one class's numbers; the axes are those of `_overall` without that of the classes."""
    values = {
        "AP": mean_of(precision[..., 0, -1]),
        "AP50": mean_of(precision[0, :, 0, -1]),
        "AP75": mean_of(precision[5, :, 0, -1]),
    }
    values |= {f"AP ({size})": mean_of(precision[..., row, -1]) for row, size in enumerate(SIZES, 1)}
    values[f"AR@{most}"] = mean_of(recall[:, 0, -1])
    return values | {f"AR@{most} ({size})": mean_of(recall[:, row, -1]) for row, size in enumerate(SIZES, 1)}


def mean_of(values: Reals) -> float:
    """Return the mean of what pycocotools could measure, NaN where that is nothing: it writes -1 there."""
    real = values[values > -1]
    return float(real.mean()) if real.size else float("nan")


def accumulated(
    judged: Sequence[Judged], classes: int, most: int, shapes: Callable[[Judged], Shapes] = box_shapes
) -> tuple[Reals, Reals]:
    """Return pycocotools' tables of precision and recall, whose axes `_overall` tells.

    Recall by another count than `most` is only wanted of all sizes together, and so is computed apart from the rest.
    """
    overlap, evaluation = pycocotools()
    with quiet():
        run = evaluation(iouType="bbox")
        run.params.imgIds, run.params.catIds = list(range(len(judged))), list(range(classes))
        run.params.maxDets = [1, 10, most]
        run.evalImgs = entries(judged, classes, run.params, overlap, shapes)
        run._paramsEval = copy.deepcopy(run.params)
        whole, few = copy.deepcopy(run.params), copy.deepcopy(run.params)
        whole.maxDets = [most]
        few.maxDets, few.areaRng = [1, 10], run.params.areaRng[:1]
        run.accumulate(few)
        recall = np.full((10, classes, 4, 3), -1.0)
        recall[:, :, :1, :2] = run.eval["recall"]
        run.accumulate(whole)
        recall[..., 2:] = run.eval["recall"]
    return run.eval["precision"], recall


def pycocotools() -> tuple[Any, Any]:
    """Return pycocotools' overlap of boxes and its `COCOeval`; raises `EnvironmentLacksError` where it lacks."""
    try:
        from pycocotools.cocoeval import COCOeval
        from pycocotools.mask import iou
    except ImportError as error:
        raise EnvironmentLacksError(
            "COCO's metrics need pycocotools", found=str(error), help="pip install 'loadstone[train]'"
        ) from error
    return iou, COCOeval


def mask_tools() -> Any:
    """Return pycocotools' module of run lengths; raises as `pycocotools`."""
    pycocotools()
    from pycocotools import mask

    return mask


def quiet() -> contextlib.redirect_stdout[io.StringIO]:
    """Return a context in which pycocotools does not print what it does, which nobody asked for."""
    return contextlib.redirect_stdout(io.StringIO())
