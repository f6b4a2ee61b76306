"""The reading of a rebuilt Faster or Mask R-CNN: from its first stage's outputs, through its other stages, to boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from loadstone.detectors.two_stage_anchors import anchors_for
from loadstone.runtime.families.faster_rcnn_boxes import Choice, detections, inside, levels, proposals, regions
from loadstone.runtime.families.ssd_reading import Kept, fitted
from loadstone.runtime.raw import RawDetections

if TYPE_CHECKING:
    import numpy.typing as npt

    from loadstone.runtime.families.faster_rcnn_boxes import Floats, Window
    from loadstone.runtime.readings import Infer

SAYS, FEATURES = slice(0, 2), slice(2, 3)
"""Which of the second stage's outputs: raw boxes and class logits; features."""


class TwoStages:
    """One prepared Faster or Mask R-CNN. Its settings are plain values, as a manifest holds them.

    `size`: the padded picture's (height, width), zeros where each picture has its own; `anchor_rule` then makes its
    anchors; `fit`: the smaller and larger side of a resizer that keeps the aspect ratio, or None;
    `rows`: the rows that a later stage takes at once; `samples`: a region's, on each side; `by_matrix`: see `Crops`;
    `within_padding`: see `Proposals`.
    """

    def __init__(self, settings: Mapping[str, Any], anchors: Floats, later: Sequence[Infer]) -> None:
        self.anchors = anchors
        self.size: tuple[int, int] = (settings["size"][0], settings["size"][1])
        self.fit: Sequence[int] | None = settings["fit"]
        self.rows: int = settings["rows"]
        self.samples: int = settings["samples"]
        self.by_matrix: bool = settings["by_matrix"]
        self.within_padding: bool = settings["within_padding"]
        self.scales: Sequence[float] = settings["box_scales"]
        self.first = Choice(**settings["first"])
        self.final = Choice(**settings["final"])
        self.later = later
        self.anchor_rule: Mapping[str, Any] | None = settings.get("anchor_rule")

    def at(self, height: int, width: int, outputs: Sequence[Floats]) -> TwoStages:
        """Return the detector for a picture of this size, whose first stage gave these outputs."""
        if self.anchor_rule is None:
            return self
        sides = fitted(height, width, self.fit or (height, width))
        own = copy(self)
        own.size = (int(sides[0]), int(sides[1]))
        own.anchors = anchors_for(self.anchor_rule, own.size, (outputs[2].shape[1], outputs[2].shape[2]))
        return own

    def window(self, height: int, width: int) -> Window:
        """Return the (height, width) that a picture takes up within the padded one."""
        if self.fit is None:
            return float(self.size[0]), float(self.size[1])
        sides = fitted(height, width, self.fit)
        return float(sides[0]), float(sides[1])

    def proposals(self, outputs: Sequence[Floats], window: Window) -> Floats:
        """Return the proposals of a picture whose first stage gave these outputs."""
        encodings, objectness = outputs[0][0], outputs[1][0]
        if self.within_padding:
            window = float(self.size[0]), float(self.size[1])
        return proposals(encodings, objectness, self.anchors, choice=self.first, scales=self.scales, window=window)

    def relative(self, boxes: Floats) -> Floats:
        """Return boxes in pixels as parts of the padded picture."""
        return np.asarray(boxes * (np.float32(1) / np.array([*self.size, *self.size], np.float32)), np.float32)

    def look(self, maps: Sequence[Floats], relative: Floats, wanted: slice) -> list[Floats]:
        """Run the second stage on boxes relative to the padded picture, each on the map of its level.

        Its outputs are raw boxes, class logits, and features where masks follow; the wanted ones come, a row a box.
        """
        level = levels(relative, len(maps), self.size)
        order, parts = [np.zeros(0, np.int64)], []
        for number in np.unique(level):
            mine = np.flatnonzero(level == number)
            order.append(mine)
            sampled = self._sampled(relative[mine], maps[number].shape[1:3])
            parts.append(in_rows(self.later[0], sampled, maps[number], rows=self.rows, wanted=wanted))
        back = np.argsort(np.concatenate(order), kind="stable")
        return [np.concatenate(column)[back] for column in zip(*parts, strict=True)]

    def _sampled(self, relative: Floats, sides: tuple[int, int]) -> list[Floats]:
        """Return where a map of these sides is sampled, and which of the samples count."""
        within = inside(relative, sides, self.samples)
        return [regions(relative, sides, self.samples), np.ones_like(within) if self.by_matrix else within]

    def detect(self, outputs: Sequence[Floats], window: Window) -> Kept:
        """Return the final boxes, relative to the picture."""
        boxes = self.proposals(outputs, window)
        if not len(boxes):
            return Kept(boxes, np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))
        encodings, logits = self.look(outputs[2:], self.relative(boxes), SAYS)
        return detections(encodings, logits, boxes, choice=self.final, scales=self.scales, window=window)

    def masks(self, outputs: Sequence[Floats], kept: Kept) -> Floats:
        """Return the probability masks (N, height, width) of final boxes, each over its box.

        The original crops the final boxes as if they were relative to the padded picture; so it is done here.
        """
        if not len(kept.boxes):
            return np.zeros((0, 1, 1), np.float32)
        (features,) = self.look(outputs[2:], kept.boxes, FEATURES)
        (logits,) = in_rows(self.later[1], [features], rows=self.rows, wanted=slice(None))
        column = kept.classes if logits.shape[-1] > 1 else np.zeros_like(kept.classes)
        with np.errstate(over="ignore"):
            chosen: Floats = np.exp(-logits[np.arange(len(logits)), :, :, column])
        return np.divide(1, 1 + chosen, dtype=np.float32)


def in_rows(infer: Infer, values: Sequence[Floats], *before: Floats, rows: int, wanted: slice) -> list[Floats]:
    """Run a stage over all rows of its last inputs, so many at once; `before` are its other inputs."""
    parts = []
    for start in range(0, len(values[0]), rows):
        count = min(rows, len(values[0]) - start)
        filled = [_filled(value[start : start + count], rows) for value in values]
        parts.append([output[:count].copy() for output in infer(*before, *filled)[wanted]])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _filled(values: Floats, rows: int) -> Floats:
    """Return the values with rows of zeros after them."""
    return np.concatenate([values, np.zeros((rows - len(values), *values.shape[1:]), np.float32)])


def faster_rcnn_detections(
    options: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]], later: Sequence[Infer]
) -> Callable[..., RawDetections]:
    """Return the reading of a rebuilt Faster R-CNN; `options` are the settings of `TwoStages`."""
    stages = TwoStages(options, arrays["anchors"], later)

    def read(outputs: Sequence[npt.NDArray[Any]], height: int, width: int) -> RawDetections:
        mine = stages.at(height, width, outputs)
        kept = mine.detect(outputs, mine.window(height, width))
        corners = kept.boxes[:, [1, 0, 3, 2]] * np.array([width, height, width, height], np.float32)
        masks = mine.masks(outputs, kept) if len(later) > 1 else None
        return RawDetections(corners, kept.scores, kept.classes + 1, masks=masks)

    return read
