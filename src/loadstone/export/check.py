"""An export is done when it gives what the rebuilt detector gives: compared on pictures made by arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loadstone.comparison.outputs import detections_of
from loadstone.comparison.pairing import Tolerance, compare
from loadstone.comparison.pictures import generated, names
from loadstone.errors import UnsupportedModelError
from loadstone.export.reopen import Run, reopened
from loadstone.export.reopen_checkpoint import reopened_checkpoint
from loadstone.export.reopen_tflite import reopened_tflite
from loadstone.export.targets import Target
from loadstone.facts.comparison import Comparison, Difference
from loadstone.runtime.conversions.convert_rebuilt import OneStage, rows_of
from loadstone.runtime.families.ssd_reading import decode, scores_of
from loadstone.runtime.rebuilt import Rebuilt

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.export.reopen import Outputs
    from loadstone.runtime.detector import Detector

PICTURES = 2
"""One lying and one standing picture; more where those show too little."""
MOST_PICTURES = 6
LEAST_PAIRS = 10
"""Detections that must have been compared before no more pictures are tried: scores may all be equal on one."""

RAW_BOX = 1e-3
RAW_SCORE = 1e-3


def checked(found: Rebuilt, detector: Detector, target: Target, path: Path) -> tuple[Comparison, ...]:
    """Run both on the pictures and return the comparisons, all of which agree.

    Raises `UnsupportedModelError` with the first difference beyond the tolerance.
    """
    run = _reopened(found, target, path)
    comparisons: list[Comparison] = []
    for number, name in enumerate(names(MOST_PICTURES)):
        if number >= PICTURES and _shown(comparisons):
            break
        picture = generated(number)
        outputs = run(picture)
        height, width = picture.shape[:2]
        theirs = detections_of(outputs, height, width)
        one = compare(detector.run([picture])[0], theirs, size=(height, width), image=name, tolerance=Tolerance())
        comparisons.append(_with_raw(one, found, detector, picture, outputs))
        if comparisons[-1].uncompared or not comparisons[-1].fits:
            raise _differs(comparisons[-1], target)
    if any(one.ours for one in comparisons) and not any(one.paired for one in comparisons):
        raise _differs(comparisons[-1], target)
    return tuple(comparisons)


def _reopened(found: Rebuilt, target: Target, path: Path) -> Run:
    if target.reader == "tflite":
        return reopened_tflite(found, path)
    if target.reader == "checkpoint":
        return reopened_checkpoint(found, path)
    return reopened(target, path)


def _shown(comparisons: Sequence[Comparison]) -> bool:
    return sum(one.paired for one in comparisons) >= LEAST_PAIRS


def _with_raw(
    comparison: Comparison, found: Rebuilt, detector: Detector, picture: npt.NDArray[np.uint8], outputs: Outputs
) -> Comparison:
    """Compare boxes and scores before suppression, too, where there is one row a place: a picture in which nothing is
    found proves as much.
    """
    blueprint = found.blueprint
    if not isinstance(blueprint, OneStage) or "raw_detection_boxes" not in outputs:
        return comparison
    encodings, logits = (output[0] for output in detector.outputs(picture)[:2])
    rows = rows_of(blueprint)
    boxes = decode(encodings, rows.anchors, rows.scales)
    scores = scores_of(logits, rows.rule.converter, rows.rule.logit_scale)
    raw = (
        Difference("raw boxes", _apart(boxes, outputs["raw_detection_boxes"][0]), RAW_BOX, "of the larger side"),
        Difference("raw scores", _largest(scores, outputs["raw_detection_scores"][0]), RAW_SCORE),
    )
    return replace(comparison, differences=(*comparison.differences, *raw))


def _apart(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """Return the largest difference of boxes (N, 4) relative to the input's side, or to a box's own that is larger.

    Sides are an exponential of what the network says, so that rounding grows with them.
    """
    sides = np.maximum(np.abs(ours[:, 2:] - ours[:, :2]).max(axis=1, initial=0), 1)
    return float((np.abs(ours - theirs).max(axis=1, initial=0) / sides).max(initial=0))


def _largest(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    return float(np.abs(ours - theirs).max(initial=0))


def _differs(comparison: Comparison, target: Target) -> UnsupportedModelError:
    worst = comparison.worst
    words = (*comparison.lonely, *comparison.uncompared)
    told = words[0] if words else str(worst)
    return UnsupportedModelError(
        f"the {target.name} export does not give what the rebuilt detector gives, so it was not kept",
        where=comparison.image,
        expected=f"at most {worst.tolerance:g}" if worst and not words else "the same detections",
        found=told,
        help="report it: the model's name and this message are enough",
    )
