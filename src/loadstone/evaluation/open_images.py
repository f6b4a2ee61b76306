"""Open Images' metrics: mAP at IoU 0.5 in which boxes around groups are not held against a detector.

Numbers bear the names of the original API's `oid_V2_detection_metrics`, where detections in a group's box are left out.
Where pictures say which classes were looked for in them (`Example.verified`), those of its
`oid_challenge_detection_metrics` come beside: a group is then one object, and a class that nobody looked for in a
picture is not counted there. `difficult` and `crowd` mean nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadstone.evaluation.original import Rule, average_precision, counted, mean_over
from loadstone.facts.evaluation import Judged, Metrics, distinct


def open_images_metrics(judged: Sequence[Judged], classes: Sequence[str], *, iou: float = 0.5) -> Metrics:
    """Return mAP and each class's average precision at one least overlap."""
    names, at = distinct(classes), f"@{iou:g}IOU"
    plain = _average_precisions(judged, names, Rule(iou=iou, groups=True))
    by_class = {name: {"AP": value} for name, value in plain.items()}
    values = _named("OpenImagesV2", at, plain)
    if any(one.example.verified is not None for one in judged):
        rule = Rule(iou=iou, groups=True, group_weight=1.0, verified=True)
        challenge = _average_precisions(judged, names, rule)
        values |= _named("OpenImagesDetectionChallenge", at, challenge)
        for name, value in challenge.items():
            by_class[name]["AP (challenge)"] = value
    return Metrics("oid", f"Open Images V2 mAP{at}", values[f"OpenImagesV2_Precision/mAP{at}"], values, by_class)


def _average_precisions(judged: Sequence[Judged], names: Sequence[str], rule: Rule) -> dict[str, float]:
    rows = counted(judged, len(names), rule)
    return {name: average_precision(row) for name, row in zip(names, rows, strict=True)}


def _named(prefix: str, at: str, by_class: dict[str, float]) -> dict[str, float]:
    values = {f"{prefix}_Precision/mAP{at}": mean_over([*by_class.values()])}
    return values | {f"{prefix}_PerformanceByCategory/AP{at}/{name}": value for name, value in by_class.items()}
