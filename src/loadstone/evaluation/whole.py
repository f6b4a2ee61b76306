"""Everything that is measured of a detector, from all its judged pictures: `evaluation_of`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from loadstone.errors import SourceError
from loadstone.evaluation.coco import MOST_DETECTIONS
from loadstone.evaluation.curves import curves
from loadstone.evaluation.matching import matched
from loadstone.evaluation.mistakes import mistakes
from loadstone.facts.evaluation import Evaluation, Judged, Metrics

FAMILIES = {
    "coco": ("coco", "coco_metrics"),
    "voc": ("voc", "voc_metrics"),
    "oid": ("open_images", "open_images_metrics"),
}
"""Name of a family of metrics → the module of this room and the function that computes it."""

USUAL_SCORE = 0.5
"""Where mistakes are looked for when nothing is right at any score."""


@dataclass(frozen=True, slots=True)
class About:
    """What was run on what; the fields are those of `Evaluation`."""

    model: str
    data: str
    split: str = ""
    notes: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    seconds: float = 0.0


def evaluation_of(
    judged: Sequence[Judged],
    classes: Sequence[str],
    about: About,
    *,
    families: Sequence[str] = ("coco",),
    most: int = MOST_DETECTIONS,
) -> Evaluation:
    """Return the evaluation. `families` are names of `FAMILIES`; `most` boxes of a class count in a picture for COCO.

    COCO's masks come beside its boxes where both were drawn, its keypoints where truth and detections have the same
    number of points.
    Raises `EnvironmentLacksError` where COCO's are asked for and pycocotools is not installed.
    """
    metrics = [one for name in families for one in _family(name, judged, classes, most)]
    pictures = [matched(one) for one in judged]
    every = curves(pictures, classes)
    threshold = every[-1].best
    wrong = mistakes(pictures, classes, threshold.score if threshold else USUAL_SCORE)
    return Evaluation(
        about.model,
        about.data,
        about.split,
        len(judged),
        sum(len(one.truth) for one in judged),
        sum(len(one.scores) for one in judged),
        tuple(metrics),
        every,
        threshold,
        wrong.confusion,
        wrong.worst,
        wrong.counts,
        about.notes,
        about.skipped,
        about.seconds,
    )


def checked_families(families: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once; raises `SourceError` for one that is none, or where there is none."""
    families = [families] if isinstance(families, str) else families
    unknown = [name for name in families if name not in FAMILIES]
    if unknown or not families:
        raise SourceError(
            "there are no such metrics", expected=", ".join(FAMILIES), found=", ".join(unknown) or "no name"
        )
    return tuple(dict.fromkeys(families))


def _family(name: str, judged: Sequence[Judged], classes: Sequence[str], most: int) -> list[Metrics]:
    module, function = FAMILIES[name]
    compute: Callable[..., Metrics] = getattr(import_module(f"loadstone.evaluation.{module}"), function)
    if name != "coco":
        return [compute(judged, classes)]
    from loadstone.evaluation.coco_keypoints import coco_keypoint_metrics, keypoint_count
    from loadstone.evaluation.coco_masks import coco_mask_metrics, has_masks

    found = [compute(judged, classes, most=most)]
    if has_masks(judged):
        found.append(coco_mask_metrics(judged, classes, most=most))
    if keypoint_count(judged):
        found.append(coco_keypoint_metrics(judged, classes))
    return found
