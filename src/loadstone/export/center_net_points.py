"""A CenterNet's keypoints in a target's vocabulary, point by point; rules: runtime's `center_net_points`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loadstone.blueprint.center_net_parts import KeypointTask
from loadstone.export.boxes import half
from loadstone.export.dialect import Dialect, Tensor, columns
from loadstone.runtime.families.center_net_network import SAME

FAR = 1e9
"""A distance, in places, that no candidate has: it stands for candidates that do not count."""


@dataclass(frozen=True, slots=True)
class Found:
    """The `most` best centres: boxes (N, 4) on the map, scores, classes from 0, places, and rows and columns (N, 2).

    `sides` is the map's (height, width).
    """

    boxes: Tensor
    scores: Tensor
    classes: Tensor
    places: Tensor
    grid: Tensor
    most: int
    sides: tuple[int, int]


def put_points(
    ops: Dialect,
    task: KeypointTask,
    heads: Mapping[str, Tensor],
    found: Found,
    *,
    inside: Tensor,
    point_class: int | None,
) -> None:
    """Name `detection_keypoints` (1, N, K, 2), y and x relative to the picture, and `detection_keypoint_scores`.

    Boxes of classes that have no points get zeros.
    """
    count, points = found.most, task.keypoints
    heat = ops.unary("sigmoid", heads[f"{task.name}/keypoint/heatmap"])
    peaks = ops.reshape(peaks_of(ops, heat, task.peak_window), [-1, points])
    offsets = ops.reshape(heads[f"{task.name}/keypoint/offset"], [-1, 2 * points if task.per_keypoint_offset else 2])
    moves = ops.gather(ops.reshape(heads[f"{task.name}/keypoint/regression"], [-1, 2 * points]), found.places)
    chosen = [_point(ops, task, found, _Maps(peaks, offsets, moves), number) for number in range(points)]
    places = ops.reshape(ops.concat([place for place, _ in chosen], 1), [count, points, 2])
    scores = ops.concat([score for _, score in chosen], 1)
    has = ops.binary("less", ops.constant(np.float32(0)), found.scores)
    if point_class is not None:
        has = ops.binary("and", has, ops.binary("equal", found.classes, ops.constant(np.array(point_class))))
    kept = ops.real(has)
    places = ops.binary("multiply", ops.binary("divide", places, inside), ops.reshape(kept, [count, 1, 1]))
    scores = ops.binary("multiply", scores, ops.reshape(kept, [count, 1]))
    ops.output("detection_keypoints", places, [1, count, points, 2])
    ops.output("detection_keypoint_scores", scores, [1, count, points])


@dataclass(frozen=True, slots=True)
class _Maps:
    """Peaks (P, K), offsets (P, 2 or 2·K), and the points' places as seen from each centre (N, 2·K)."""

    peaks: Tensor
    offsets: Tensor
    moves: Tensor


def peaks_of(ops: Dialect, scores: Tensor, window: int) -> Tensor:
    """Return the scores of a map where they are no less than their neighbours', and 0 elsewhere."""
    below = ops.unary("abs", ops.binary("subtract", scores, ops.peaks(scores, window)))
    return ops.where(ops.binary("less", below, ops.constant(np.float32(SAME))), scores, ops.constant(np.float32(0)))


def _point(ops: Dialect, task: KeypointTask, found: Found, maps: _Maps, number: int) -> tuple[Tensor, Tensor]:
    """Return the places (N, 2) and scores (N, 1) of one point."""
    scores, rows = ops.top(ops.reshape(columns(ops, maps.peaks, number, number + 1), [-1]), task.candidates)
    at = 2 * number if task.per_keypoint_offset else 0
    places = ops.binary(
        "add", grid_of(ops, rows, found.sides[1]), ops.gather(columns(ops, maps.offsets, at, at + 2), rows)
    )
    expected = ops.binary("add", found.grid, columns(ops, maps.moves, 2 * number, 2 * number + 2))
    idle = ops.binary("less", scores, ops.constant(np.float32(task.candidate_score_threshold)))
    distances = ops.where(ops.reshape(idle, [1, -1]), ops.constant(np.float32(FAR)), _apart(ops, expected, places))
    chosen = ops.best(_ranked(ops, task, distances, scores, idle, found))
    there = ops.gather(places, chosen)
    taken = ops.reshape(_taken(ops, task, found, there, distances), [found.most, 1])
    value = ops.reshape(ops.gather(scores, chosen), [found.most, 1])
    return ops.where(taken, there, expected), ops.where(taken, value, ops.constant(np.float32(task.unmatched_score)))


def grid_of(ops: Dialect, places: Tensor, width: int) -> Tensor:
    """Return row and column (N, 2), as reals, of numbered places (N,)."""
    rows = ops.binary("quotient", places, ops.constant(np.array(width)))
    across = ops.binary("subtract", places, ops.binary("multiply", rows, ops.constant(np.array(width))))
    return ops.real(ops.concat([ops.reshape(rows, [-1, 1]), ops.reshape(across, [-1, 1])], 1))


def _apart(ops: Dialect, expected: Tensor, places: Tensor) -> Tensor:
    """Return the distance of every expected point (N, 2) from every candidate (M, 2), (N, M)."""
    squares = []
    for axis in (0, 1):
        there = ops.reshape(columns(ops, places, axis, axis + 1), [1, -1])
        away = ops.binary("subtract", columns(ops, expected, axis, axis + 1), there)
        squares.append(ops.binary("multiply", away, away))
    return ops.unary("sqrt", ops.binary("add", *squares))


def _ranked(ops: Dialect, task: KeypointTask, distances: Tensor, scores: Tensor, idle: Tensor, found: Found) -> Tensor:
    """Return a number for each box and candidate (N, M), of which the highest wins."""
    if task.ranking == "min_distance":
        return ops.binary("multiply", distances, ops.constant(np.float32(-1)))
    offset = ops.constant(np.float32(task.distance_offset))
    if task.ranking != "score_distance_ratio":
        sides = ops.reduce("max", _sides(ops, found), 1, keep=True)
        offset = ops.binary("multiply", sides, ops.constant(np.float32(task.distance_multiplier)))
    ratio = ops.binary("divide", ops.reshape(scores, [1, -1]), ops.binary("add", distances, offset))
    return ops.where(ops.reshape(idle, [1, -1]), ops.constant(np.float32(-1)), ratio)


def _sides(ops: Dialect, found: Found) -> Tensor:
    return ops.binary("subtract", columns(ops, found.boxes, 2, 4), columns(ops, found.boxes, 0, 2))


def _taken(ops: Dialect, task: KeypointTask, found: Found, there: Tensor, distances: Tensor) -> Tensor:
    """Return which boxes (N,) take the chosen candidate: it lies in the widened box, and the nearest is near enough."""
    sides = _sides(ops, found)
    middle = ops.binary("add", columns(ops, found.boxes, 0, 2), half(ops, sides))
    reach = ops.binary("multiply", half(ops, sides), ops.constant(np.float32(task.box_scale)))
    off = ops.unary("abs", ops.binary("subtract", there, middle))
    outside = ops.reduce("max", ops.binary("subtract", off, reach), 1)
    radius = ops.binary(
        "multiply", ops.reduce("max", reach, 1), ops.constant(np.float32(2) * np.float32(task.search_scale))
    )
    nearest = ops.reduce("min", distances, 1)
    # What is not greater is less or equal.
    return ops.binary("and", _not_less(ops, ops.constant(np.float32(0)), outside), _not_less(ops, radius, nearest))


def _not_less(ops: Dialect, x: Tensor, y: Tensor) -> Tensor:
    """Return whether x ≥ y."""
    return ops.binary("less", ops.real(ops.binary("less", x, y)), ops.constant(np.float32(0.5)))
