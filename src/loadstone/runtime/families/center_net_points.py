"""Which places a CenterNet's keypoints have: where a heat map peaks, near where the object's centre expects the point.

The centre expects each point somewhere; a peak of that point's map takes its place when it lies near enough and within
the box, widened. Otherwise the expectation stands, with a fixed score.
Source: object_detection/meta_architectures/center_net_meta_arch.py (refine_keypoints), protos/center_net.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

RANKINGS = ("min_distance", "score_distance_ratio", "score_scaled_distance_ratio")
"""How the original chooses among peaks, as far as it is built here."""


@dataclass(frozen=True, slots=True)
class PointRule:
    """The fields of `KeypointTask` that choosing needs; see center_net.proto."""

    score_threshold: float
    most: int
    unmatched_score: float
    box_scale: float
    search_scale: float
    ranking: str
    distance_offset: float
    distance_multiplier: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The peaks of one point's map: places y, x (M, 2) and scores (M,), best first."""

    places: Floats
    scores: Floats


def candidates(peaks: Floats, offsets: Floats, *, threshold: float, most: int, width: int) -> Candidates:
    """Return the best peaks of one map (P,) that reach the threshold, moved by the offsets (P, 2) at their places."""
    rows = np.flatnonzero(peaks >= np.float32(threshold))
    rows = rows[np.argsort(-peaks[rows], kind="stable")[:most]]
    grid = np.stack(np.divmod(rows, width), axis=1).astype(np.float32)
    return Candidates(grid + offsets[rows], peaks[rows])


def points_of(
    peaks: Floats, offsets: Floats, expected: Floats, boxes: Floats, *, rule: PointRule, width: int
) -> tuple[Floats, Floats]:
    """Return points (N, K, 2) y, x and their scores (N, K).

    `peaks` (K, P); `offsets` (P, 2) for all points alike, or (P, 2·K); `expected` (N, K, 2); `boxes` (N, 4) yxyx.
    """
    points = expected.astype(np.float32)
    scores = np.full(points.shape[:2], rule.unmatched_score, np.float32)
    for number, scored in enumerate(peaks):
        at = 2 * number if offsets.shape[1] > 2 else 0
        own = offsets[:, at : at + 2]
        found = candidates(scored, own, threshold=rule.score_threshold, most=rule.most, width=width)
        if len(found.scores):
            _replace(points[:, number], scores[:, number], found, boxes, rule)
    return points, scores


def _replace(points: Floats, scores: Floats, found: Candidates, boxes: Floats, rule: PointRule) -> None:
    """Put the chosen candidate in the place of each expected point (N, 2) that has one near enough; in place."""
    away = points[:, None] - found.places[None]
    distances = np.sqrt((away * away).sum(axis=2))
    sides = boxes[:, 2:] - boxes[:, :2]
    chosen = _ranked(distances, found.scores, sides, rule).argmax(axis=1)
    places = found.places[chosen]
    middle = boxes[:, :2] + sides / np.float32(2)
    reach = sides / np.float32(2) * np.float32(rule.box_scale)
    within = ((places >= middle - reach) & (places <= middle + reach)).all(axis=1)
    # The radius belongs to the widened box, and the nearest candidate must reach it even where another one is chosen.
    radius = 2 * reach.max(axis=1) * np.float32(rule.search_scale)
    taken = within & (distances.min(axis=1) <= radius)
    points[taken], scores[taken] = places[taken], found.scores[chosen[taken]]


def _ranked(distances: Floats, scores: Floats, sides: Floats, rule: PointRule) -> Floats:
    """Return a number for each box and candidate (N, M), of which the highest wins."""
    if rule.ranking == "min_distance":
        return -distances
    if rule.ranking == "score_distance_ratio":
        return np.asarray(scores / (distances + np.float32(rule.distance_offset)), np.float32)
    offsets = sides.max(axis=1, keepdims=True) * np.float32(rule.distance_multiplier)
    return np.asarray(scores / (distances + offsets), np.float32)
