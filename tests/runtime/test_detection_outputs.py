"""A graph's own detections are read as they are named: the best first, each with its mask."""

from __future__ import annotations

import numpy as np

from loadstone.runtime.endings import detection_outputs
from loadstone.runtime.raw import RawDetections
from loadstone.runtime.readings import reading

NAMES = ("detection_boxes", "detection_classes", "detection_masks", "detection_scores", "num_detections")
BOXES = np.array([[[0, 0, 1, 0.5], [0, 0, 0.5, 1], [0, 0, 0, 0]]], np.float32)
CLASSES, SCORES = np.array([[1, 2, 1]], np.float32), np.array([[0.2, 0.7, 0]], np.float32)
MASKS = np.arange(3, dtype=np.float32).reshape(1, 3, 1, 1) * np.ones((1, 3, 4, 5), np.float32)


def _read(names: tuple[str, ...]) -> RawDetections:
    ending = detection_outputs(names)
    assert ending is not None
    values = dict(zip(NAMES, (BOXES, CLASSES, MASKS, SCORES, np.array([3], np.float32)), strict=True))
    found = reading(ending.reading, ending.options, {})([values[name] for name in names], 10, 20)
    assert isinstance(found, RawDetections)
    return found


def test_masks_go_where_their_boxes_go() -> None:
    found = _read(NAMES)
    assert found.boxes.tolist() == [[0, 0, 20, 5], [0, 0, 10, 10]]
    assert found.class_ids.tolist() == [2, 1]
    assert found.masks is not None
    assert found.masks.shape == (2, 4, 5)
    assert found.masks[:, 0, 0].tolist() == [1.0, 0.0]


def test_a_graph_without_masks_has_none() -> None:
    assert _read(tuple(name for name in NAMES if name != "detection_masks")).masks is None
