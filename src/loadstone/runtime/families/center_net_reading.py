"""The reading of a rebuilt CenterNet: its highest peaks, a box around each, and a person's points; in NumPy.

Places of a map are numbered row by row. Boxes and points are y, x in places of the map until the very end.
Source: object_detection/meta_architectures/center_net_meta_arch.py (postprocess).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.runtime.families.center_net_points import PointRule, points_of
from loadstone.runtime.families.ssd_reading import fitted
from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Centers:
    """The best peaks of a picture, best first: their places on the map, their classes from 0, their scores."""

    places: Indices
    classes: Indices
    scores: Floats

    def grid(self, width: int) -> Floats:
        """Return row and column of each, float32 (N, 2)."""
        return np.stack(np.divmod(self.places, width), axis=1).astype(np.float32)


def best_centers(peaks: Floats, best: Floats, most: int) -> Centers:
    """Return the highest peaks above 0; of equal ones, those that come first on the map.

    `peaks` (C, P); `best` (P,) is each place's highest. Only the `most` best places can hold the `most` best peaks.
    """
    least = np.partition(best, len(best) - most)[len(best) - most] if 0 < most < len(best) else np.float32(0)
    rows = np.flatnonzero((best >= least) & (best > 0))
    scores = peaks[:, rows].T.reshape(-1)
    cells = np.flatnonzero((scores >= least) & (scores > 0))
    cells = cells[np.argsort(-scores[cells], kind="stable")[:most]]
    return Centers(rows[cells // len(peaks)], cells % len(peaks), scores[cells])


def boxes_at(grid: Floats, offsets: Floats, sides: Floats, frame: Floats) -> Floats:
    """Return boxes yxyx (N, 4), clipped to the map; a side below 0 counts as 0."""
    middle, half = grid + offsets, np.maximum(sides, 0) / np.float32(2)
    return np.concatenate([np.clip(middle - half, 0, frame), np.clip(middle + half, 0, frame)], axis=1)


class CenterNet:
    """One prepared CenterNet. Its settings are plain values, as a manifest holds them.

    `size`: the padded picture's (height, width); `fit`: the smaller and larger side of a padding resizer, or None;
    `map`: a map's (height, width); `stride`; `most`: boxes at most; `points`: the fields of `PointRule`, or None;
    `point_class`: the class, from 0, whose points are found, or None where all boxes have them.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.size: Sequence[int] = settings["size"]
        self.fit: Sequence[int] | None = settings["fit"]
        self.map: tuple[int, int] = (settings["map"][0], settings["map"][1])
        self.stride = np.float32(settings["stride"])
        self.most: int = settings["most"]
        self.points = PointRule(**settings["points"]) if settings["points"] else None
        self.point_class: int | None = settings["point_class"]

    def picture_in_map(self, height: int, width: int) -> Floats:
        """Return the height and width that the picture, without padding, takes up on the map."""
        sides = self.size if self.fit is None else fitted(height, width, self.fit)
        return np.array(sides, np.float32) / self.stride

    def detect(self, outputs: Sequence[Floats], height: int, width: int) -> RawDetections:
        """Return what is found in a picture of this size. `outputs` are those of `center_net_network`, as rows."""
        peaks, best, sides, offsets = outputs[:4]
        found = best_centers(peaks, best, self.most)
        grid = found.grid(self.map[1])
        boxes = boxes_at(grid, offsets[found.places], sides[found.places], np.array(self.map, np.float32))
        inside, picture = self.picture_in_map(height, width), np.array([height, width], np.float32)
        corners = (np.clip(boxes.reshape(-1, 2, 2) / inside, 0, 1) * picture)[:, :, ::-1].reshape(-1, 4)
        if self.points is None:
            return RawDetections(corners, found.scores, found.classes + 1)
        points, scores = self._points(outputs[4:], found, boxes)
        points = (points / inside * picture)[:, :, ::-1]
        ids = found.classes + 1
        return RawDetections(corners, found.scores, ids, keypoints=points, keypoint_scores=scores)

    def _points(self, outputs: Sequence[Floats], found: Centers, boxes: Floats) -> tuple[Floats, Floats]:
        """Return points (N, K, 2) and their scores (N, K); zeros for boxes of classes that have no points."""
        peaks, offsets, regression = outputs
        mine = np.ones(len(boxes), bool) if self.point_class is None else found.classes == self.point_class
        points = np.zeros((len(boxes), len(peaks), 2), np.float32)
        scores = np.zeros((len(boxes), len(peaks)), np.float32)
        if mine.any() and self.points is not None:
            moves = regression[found.places[mine]].reshape(-1, len(peaks), 2)
            expected = found.grid(self.map[1])[mine][:, None] + moves
            points[mine], scores[mine] = points_of(
                peaks, offsets, expected, boxes[mine], rule=self.points, width=self.map[1]
            )
        return points, scores


def center_net_detections(options: Mapping[str, Any]) -> Callable[..., RawDetections]:
    """Return the reading of a rebuilt CenterNet; `options` are the settings of `CenterNet`."""
    detector = CenterNet(options)

    def read(outputs: Sequence[npt.NDArray[Any]], height: int, width: int) -> RawDetections:
        return detector.detect([output[0] for output in outputs], height, width)

    return read
