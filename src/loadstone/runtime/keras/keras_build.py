"""A cleaned configuration and its weights → a network: Keras 3 on its OpenVINO backend, in the preparing process.

Keras builds from plain values that `keras_dialect` has let through, and exports what it built; no file of the user's
is ever given to it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadstone.errors import EnvironmentLacksError, UnsupportedModelError
from loadstone.runtime.engine import openvino

if TYPE_CHECKING:
    from types import ModuleType

REFUSALS = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RuntimeError)
"""What Keras raises for a configuration that it cannot follow. It checks little: an unknown keyword is a TypeError, an
axis beyond the rank an IndexError, a stride of 0 a ZeroDivisionError, an operation that its OpenVINO backend lacks a
NotImplementedError, which is a RuntimeError, as is what OpenVINO itself raises."""

ELSEWHERE = "try it with the TensorFlow that it is of: --isolated, or isolated=True in loadstone.load"

_STYLE = re.compile(r"\x1b\[\d*m")


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
            "Keras is already running on another backend",
            expected="openvino",
            found=str(found.backend.backend()),
            help="set KERAS_BACKEND=openvino before Keras is imported",
        )
    return found  # type: ignore[no-any-return]


def network_of(config: dict[str, Any], fill: Callable[[Any], None]) -> Any:
    """Build the model, let `fill` set its weights, and return it as an OpenVINO model."""
    made = keras()
    try:
        model = getattr(made, config["class_name"].replace("Functional", "Model")).from_config(config["config"])
    except REFUSALS as error:
        raise UnsupportedModelError("stock Keras cannot build the model", found=why(error), help=ELSEWHERE) from error
    if not model.built:
        raise UnsupportedModelError("the model does not say the shape of its input")
    fill(model)
    return _exported(model)


def _exported(model: Any) -> Any:
    with tempfile.TemporaryDirectory(prefix="loadstone-") as folder:
        path = Path(folder) / "network.xml"
        try:
            model.export(str(path), format="openvino", verbose=False)
        except REFUSALS as error:
            raise UnsupportedModelError(
                "Keras cannot run one of the model's layers on OpenVINO", found=why(error), help=ELSEWHERE
            ) from error
        network = openvino().Core().read_model(path)
        # The weights' file is mapped: what is compiled later must not depend on a folder that is gone.
        return network.clone()


def why(error: Exception) -> str:
    """Return the line that says why: Keras wraps one error in another, the innermost at the end.

    Of an error in a layer's call, the first line names the layer and the second says why.
    """
    lines = [line for each in _STYLE.sub("", str(error)).splitlines() if (line := each.strip())]
    told = [line for line in lines if line.startswith("Exception encountered:")]
    if told:
        return told[-1][:300]
    called = bool(lines) and lines[0].startswith("Exception encountered when calling")
    return " ".join(lines[: 2 if called else 1])[:300] or type(error).__name__
