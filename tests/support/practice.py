"""The project's own training data for tests, by `tools/make_practice_pictures.py`: in memory or in a folder."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np

from loadstone.facts.dataset import Dataset, Example, Objects

TOOLS = Path(__file__).resolve().parents[2] / "tools"
if str(TOOLS) not in sys.path:
    sys.path.append(str(TOOLS))

from coco_folder import encoded  # noqa: E402
from make_practice_pictures import Practice, practice_scene, write_dataset  # noqa: E402

__all__ = ["Practice", "objects_of", "practice_dataset", "practice_scene", "write_dataset"]


def practice_dataset(practice: Practice, *, train: int, val: int = 0) -> Dataset:
    """Return drawn pictures as a `Dataset` in memory, split into `train` and `val`; nothing is written."""
    examples = [_example(practice, split, index) for split, count in ((0, train), (1, val)) for index in range(count)]
    splits = {"train": range(train), "val": range(train, train + val)}
    ids = tuple(range(1, len(practice.classes) + 1))
    return Dataset("practice", "coco", practice.classes, ids, examples, splits)


def objects_of(boxes: np.ndarray, classes: np.ndarray) -> Objects:
    """Return G plain objects: boxes (G, 4) xyxy in pixels, classes (G,) from 0; no crowd, all of weight 1."""
    none = np.zeros(len(classes), bool)
    weights = np.ones(len(classes), np.float32)
    return Objects(np.asarray(boxes, np.float64), np.asarray(classes, np.int64), none, none, none, weights)


def _example(practice: Practice, split: int, index: int) -> Example:
    one = practice_scene(practice, split, index)
    height, width = one.picture.shape[:2]
    name = f"{('train', 'val')[split]}_{index + 1:05d}.jpg"
    return Example(name, name, width, height, objects_of(one.boxes, one.class_ids - 1), partial(encoded, one))
