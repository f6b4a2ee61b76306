"""The formula-made pictures and weights that the goldens were computed with; the facts are in goldens/RECIPE.md."""

from __future__ import annotations

import importlib.util
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
