"""What stock Keras cannot build or run is an error that says why, whatever Keras raises for it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from loadstone.errors import UnsupportedModelError

pytest.importorskip("openvino")
if find_spec("keras") is None:
    # Importing it here would settle its backend for the whole run.
    pytest.skip("no Keras", allow_module_level=True)

from loadstone.runtime.keras.keras_build import network_of, why

BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "a keyword of nobody's": ("Dense", {"units": 2, "colour": "red"}, "colour"),
    "an axis beyond the rank": ("BatchNormalization", {"axis": 17}, "index out of range"),
    "no stride": ("MaxPooling2D", {"pool_size": 2, "strides": 0}, "MaxPooling2D.call(). division by zero"),
    "a window larger than the picture": ("Conv2D", {"filters": 2, "kernel_size": 9}, "zero or negative"),
    "no units": ("Dense", {}, "units"),
}


def sequential(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    layers = [
        {"module": "keras.layers", "class_name": name, "config": {"name": name.lower(), **own}, "registered_name": None}
        for name, own in (("InputLayer", {"batch_shape": [None, 8, 8, 3]}), (class_name, config))
    ]
    return {"class_name": "Sequential", "config": {"name": "small", "layers": layers}}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_keras_cannot_build_is_said(kind: str) -> None:
    class_name, config, words = BROKEN[kind]
    with pytest.raises(UnsupportedModelError, match="stock Keras cannot build") as refused:
        network_of(sequential(class_name, config), lambda model: None)
    assert words in refused.value.found
    assert "\x1b" not in refused.value.found
    assert "--isolated" in refused.value.help


def test_an_error_without_words_has_its_name() -> None:
    assert why(KeyError()) == "KeyError"
    assert why(ValueError("outer\nException encountered: inner")) == "Exception encountered: inner"
