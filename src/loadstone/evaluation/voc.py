"""Pascal VOC's metrics: mAP at IoU 0.5, by area and by eleven points, and weighted by how frequent a class is.

Numbers bear the names of the original API's `pascal_voc_detection_metrics` and `weighted_pascal_voc_detection_metrics`;
the eleven points of 2007, which it does not have, are told from its area by their name. `difficult` objects are left
out, whether found or not; `crowd` and `group_of` mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.evaluation.original import Rule, average_precision, counted, mean_over, pooled
from loadstone.facts.evaluation import Judged, Metrics, distinct

ELEVEN = " (11 points)"


def voc_metrics(judged: Sequence[Judged], classes: Sequence[str], *, iou: float = 0.5) -> Metrics:
    """Return mAP and each class's average precision at one least overlap."""
    rows = counted(judged, len(classes), Rule(iou=iou, difficult=True))
    at = f"@{iou:g}IOU"
    by_class = {
        name: {"AP": average_precision(row), f"AP{ELEVEN}": average_precision(row, points=11)}
        for name, row in zip(distinct(classes), rows, strict=True)
    }
    mean = mean_over([row["AP"] for row in by_class.values()])
    values = {
        f"PascalBoxes_Precision/mAP{at}": mean,
        f"PascalBoxes_Precision/mAP{at}{ELEVEN}": mean_over([row[f"AP{ELEVEN}"] for row in by_class.values()]),
        f"WeightedPascalBoxes_Precision/mAP{at}": average_precision(pooled(rows)),
    }
    values |= {f"PascalBoxes_PerformanceByCategory/AP{at}/{name}": row["AP"] for name, row in by_class.items()}
    return Metrics("voc", f"Pascal VOC mAP{at}", mean, values, by_class)
