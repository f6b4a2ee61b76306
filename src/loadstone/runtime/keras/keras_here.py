"""Keras on the backend that it has here: the one that its user set, or OpenVINO where that one is not installed."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loadstone.errors import EnvironmentLacksError
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from types import ModuleType

USUAL = "tensorflow"
"""What Keras takes where neither its variable nor its file says otherwise."""


MODULES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
"""Backends that can be asked for by name, besides OpenVINO → the module that each is."""


def keras_on(backend: str) -> ModuleType:
    """Import Keras on one of `MODULES`; `EnvironmentLacksError` where it lacks, or Keras runs on another already.

    Keras takes its backend once in a process.
    """
    if "keras" in sys.modules:
        running = str(keras_here().backend.backend())
        if running != backend:
            raise EnvironmentLacksError(
                "Keras is already running on another backend",
                expected=backend,
                found=running,
                help=f"set KERAS_BACKEND={backend} before Keras is imported, or load with backend='keras'",
            )
    if importlib.util.find_spec(MODULES[backend]) is None:
        raise EnvironmentLacksError(
            f"the backend {backend} is not installed", help=f"pip install {MODULES[backend]}, or choose another"
        )
    os.environ["KERAS_BACKEND"] = backend
    return keras_here()


def keras_here() -> ModuleType:
    """Import Keras as its user would; `EnvironmentLacksError` where it, or every backend, is missing.

    The backend is what `KERAS_BACKEND` or `~/.keras/keras.json` says, or what an earlier import took.
    """
    if importlib.util.find_spec("keras") is None:
        raise EnvironmentLacksError(
            "the Keras model needs Keras 3, which is not installed", help="pip install 'loadstone[detect]'"
        )
    if "keras" not in sys.modules and importlib.util.find_spec(wanted_backend()) is None:
        os.environ["KERAS_BACKEND"] = "openvino"
    if wanted_backend() == "openvino":
        openvino()
    try:
        import keras
    except ImportError as error:
        raise EnvironmentLacksError(
            f"Keras cannot run on its backend {wanted_backend()} here",
            found=f"no module {error.name}" if error.name else str(error),
            help="pip install 'loadstone[detect]', or set KERAS_BACKEND to one that is installed",
        ) from error
    return keras  # type: ignore[no-any-return]


def wanted_backend() -> str:
    """Return the backend that Keras would take (keras/src/backend/config.py)."""
    if named := os.environ.get("KERAS_BACKEND"):
        return named
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    try:
        stated = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        stated = None
    return stated if isinstance(stated, str) else USUAL
