"""The formula-made pictures and weights that the goldens were computed with; the facts are in goldens/RECIPE.md."""

from __future__ import annotations

import gzip
import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt


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
