"""A cleaned configuration and its weights → a network: Keras 3 on its OpenVINO backend, in the preparing process.

Keras builds from plain values that `keras_dialect` has let through, and exports what it built; no file of the user's
is ever given to it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, UnsupportedModelError
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from types import ModuleType


def keras() -> ModuleType:
    """Import Keras on its OpenVINO backend; `EnvironmentLacksError` where it is not installed."""
    openvino()
    os.environ["KERAS_BACKEND"] = "openvino"
    # Keras reads its settings from its home folder when it is imported, and writes them where there are none.
    with tempfile.TemporaryDirectory(prefix="loadstone-") as home:
        os.environ["KERAS_HOME"] = home
        try:
            import keras as found
        except ImportError as error:
            raise EnvironmentLacksError(
                "running a Keras model needs Keras 3 and what its OpenVINO backend imports",
                found=f"no module {error.name}" if error.name else str(error),
                help="pip install 'loadstone[detect]'",
            ) from error
    if found.backend.backend() != "openvino":
        raise EnvironmentLacksError(
            "Keras is already running on another backend", expected="openvino", found=str(found.backend.backend())
        )
    return found  # type: ignore[no-any-return]


def network_of(config: dict[str, Any], fill: Callable[[Any], None]) -> Any:
    """Build the model, let `fill` set its weights, and return it as an OpenVINO model."""
    made = keras()
    try:
        model = getattr(made, config["class_name"].replace("Functional", "Model")).from_config(config["config"])
    except (TypeError, ValueError, KeyError, AttributeError, NotImplementedError, RuntimeError) as error:
        raise UnsupportedModelError("stock Keras cannot build the model", found=_first(error)) from error
    if not model.built:
        raise UnsupportedModelError("the model does not say the shape of its input")
    fill(model)
    return _exported(model)


def _exported(model: Any) -> Any:
    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        path = Path(folder) / "network.xml"
        try:
            model.export(str(path), format="openvino", verbose=False)
        except (TypeError, ValueError, NotImplementedError, RuntimeError, AttributeError) as error:
            raise UnsupportedModelError(
                "Keras cannot run one of the model's layers on OpenVINO", found=_first(error)
            ) from error
        network = openvino().Core().read_model(path)
        # The weights' file is mapped: what is compiled later must not depend on a folder that is gone.
        return network.clone()


def _first(error: Exception) -> str:
    """Return the line that says why: Keras wraps one error in another, the innermost at the end."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("Exception encountered:")]
    return ((told or lines or [type(error).__name__])[-1 if told else 0])[:300]
