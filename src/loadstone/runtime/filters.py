"""Which detections to keep: `Rule` holds the wishes, `apply_rule` applies them to what an engine gave.

The names and defaults are those that people know: confidence 0.25, at most 300 objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadstone.errors import SourceError
from loadstone.runtime.nms import suppress
from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

CONFIDENCE = 0.25
MOST_DETECTIONS = 300
USUAL_IOU = 0.45
"""Overlap for a model that hands out overlapping boxes, when the user names none."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to keep. `iou` asks for one more class-wise suppression; `class_ids` None keeps every class.

    Raises `SourceError` for a confidence or an overlap outside 0..1, and for fewer than no detections.
    """

    confidence: float = CONFIDENCE
    iou: float | None = None
    class_ids: frozenset[int] | None = None
    most: int = MOST_DETECTIONS

    def __post_init__(self) -> None:
        for name, value in (("conf", self.confidence), ("iou", self.iou)):
            if value is not None and not 0 <= value <= 1:
                raise SourceError(f"{name} is out of range", expected="0 to 1", found=str(value))
        if self.most < 0:
            raise SourceError("max_det is out of range", expected="0 or more", found=str(self.most))


def apply_rule(raw: RawDetections, rule: Rule) -> RawDetections:
    """Return the detections that the rule keeps, best score first."""
    keep = (raw.scores >= rule.confidence) & np.isfinite(raw.boxes).all(axis=1)
    if rule.class_ids is not None:
        keep &= np.isin(raw.class_ids, sorted(rule.class_ids))
    rows = np.flatnonzero(keep)
    rows = rows[np.argsort(-raw.scores[rows], kind="stable")]
    iou = rule.iou if rule.iou is not None or raw.suppressed else USUAL_IOU
    if iou is not None:
        rows = _suppressed(raw, rows, iou)
    rows = rows[: rule.most]
    kept = [None if array is None else array[rows] for array in (raw.masks, raw.keypoints, raw.keypoint_scores)]
    return RawDetections(raw.boxes[rows], raw.scores[rows], raw.class_ids[rows], True, *kept)


def _suppressed(raw: RawDetections, rows: npt.NDArray[np.int64], iou: float) -> npt.NDArray[np.int64]:
    """Suppress within each class, keeping the order of `rows`."""
    kept = np.zeros(len(rows), bool)
    for class_id in np.unique(raw.class_ids[rows]):
        places = np.flatnonzero(raw.class_ids[rows] == class_id)
        chosen = rows[places]
        kept[places[suppress(raw.boxes[chosen], raw.scores[chosen], iou=iou, most=len(chosen))]] = True
    return rows[kept]


def class_ids_of(words: Iterable[str], labels: Mapping[int, str]) -> frozenset[int]:
    """Turn class ids and names, as a user writes them, into ids; raises `SourceError` for a name nobody knows."""
    by_name: dict[str, set[int]] = {}
    for class_id, name in labels.items():
        by_name.setdefault(name.casefold(), set()).add(class_id)
    found: set[int] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        if word.casefold() in by_name:
            found |= by_name[word.casefold()]
        elif word.isdecimal():
            found.add(int(word))
        elif word:
            raise _unknown_class(word, labels)
    return frozenset(found)


def _unknown_class(word: str, labels: Mapping[int, str]) -> SourceError:
    from difflib import get_close_matches

    names = sorted(set(labels.values()))
    near = get_close_matches(word, names, n=3) or names[:8]
    if not names:
        return SourceError(f"the model names no classes, so {word!r} is not known", help="give ids, or --labels FILE")
    return SourceError(f"the model has no class {word!r}", help=f"it has: {', '.join(near)}")
