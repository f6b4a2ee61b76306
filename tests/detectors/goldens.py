"""The formula-made pictures and weights that the goldens were computed with; the facts are in goldens/RECIPE.md."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from loadstone.runtime.raw import RawDetections


@cache
def recipe(shared: Path) -> ModuleType:
    """Import the executable form of the recipe from the shared folder."""
    spec = importlib.util.spec_from_file_location("golden_weights", shared / "goldens" / "golden_weights.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def picture(shared: Path, height: int, width: int) -> npt.NDArray[np.float32]:
    """Return the formula-made picture as float32 RGB 0..255, (height, width, 3)."""
    return np.asarray(recipe(shared).image(height, width), np.float32)


@cache
def variables(shared: Path, name: str) -> dict[str, tuple[str, tuple[int, ...], int]]:
    """Return the original's variables: key → (variable name, shape, recorded power of two)."""
    with gzip.open(shared / "goldens" / f"{name}.vars.json.gz") as stream:
        rows = json.load(stream)["rows"]
    return {key: (variable.removesuffix(":0"), tuple(shape), power) for key, shape, _, variable, power in rows}


def weights(shared: Path, name: str) -> dict[str, npt.NDArray[np.float32]]:
    """Return the formula-made value of every variable by key."""
    formula = recipe(shared)
    suffix = "" if name.startswith("tf1_") else formula.SUFFIX
    found = variables(shared, name)
    return {key: formula.array_for(key + suffix, shape, power) for key, (_, shape, power) in found.items()}


def sample(shared: Path, name: str, tensor: str, ours: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], ...]:
    """Return (ours, the original's) values of one tensor at the places that the golden keeps."""
    kept = np.load(shared / "goldens" / f"{name}.npz")[tensor.replace("/", "|")]
    indices = recipe(shared).sample_indices(tensor, ours.size)
    return ours.reshape(-1)[indices], kept.reshape(-1)


def boxes_found(
    found: RawDetections,
    golden: Mapping[str, npt.NDArray[Any]],
    size: tuple[int, int],
    score_bound: float = 5e-5,
    side_bound: float = 1e-3,
) -> tuple[float, npt.NDArray[np.bool_]]:
    """Return the largest difference in score by rank, and which of the original's boxes are found again, bool (N,).

    A box is where one of its class lies within `side_bound` of the picture's side and `score_bound` of its score: which
    of two rows of equal scores comes first is the processor's rounding, and differs from one machine to another.
    `size` is the picture's (height, width).
    """
    count = int(golden["detections|num_detections"].reshape(-1)[0])
    boxes = golden["detections|detection_boxes"].reshape(-1, 4)[:count]
    scores = golden["detections|detection_scores"].reshape(-1)[:count]
    classes = golden["detections|detection_classes"].reshape(-1)[:count]
    assert len(found) == count
    height, width = size
    yxyx = found.boxes[:, [1, 0, 3, 2]] / np.array([height, width, height, width], np.float32)
    alike = classes[:, None] == found.class_ids[None] - 1
    alike &= np.abs(scores[:, None] - found.scores[None]) <= score_bound
    alike &= np.abs(boxes[:, None] - yxyx[None]).max(axis=2) <= side_bound
    return float(np.abs(scores - found.scores).max()), alike.any(axis=1)


def same_boxes(
    found: RawDetections,
    golden: Mapping[str, npt.NDArray[Any]],
    size: tuple[int, int],
    score_bound: float = 5e-5,
    side_bound: float = 1e-3,
    least: int | None = None,
) -> None:
    """Assert that `found` are the original's boxes in its order, but for rows of scores equal within `score_bound`.

    With `least`, so many of the original's boxes must be found (see `boxes_found`), and those that are not must stand
    at its end, where one more of ours scored almost the same.
    """
    apart, has = boxes_found(found, golden, size, score_bound, side_bound)
    assert apart <= score_bound
    assert has.sum() >= (len(has) if least is None else least)
    scores = golden["detections|detection_scores"].reshape(-1)[: len(has)]
    assert (scores[~has] <= scores[-1] + score_bound).all()
