"""Modules that an archive names → those by which Keras 3 finds its own classes."""

from __future__ import annotations

from typing import Any

from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import Config, name_of, own
from loadstone.formats.keras.keras_classes import LAYERS
from loadstone.formats.keras.keras_layers import is_object

FAULT = "keras2-v3zip-in-keras3"
FUNCTIONAL = "keras.src.models.functional"
_ROOTS = ("tf_keras.", "keras_core.")
_PRIVATE = ("keras.src.engine", "keras.engine", "keras.src.layers", "keras.layers.")
_FUNCTIONAL = ("Functional", "Model")


def rename_modules(value: Any, ledger: Ledger) -> None:
    """Rewrite every module in a tree that only Keras 2, or Keras under another name, has."""
    if isinstance(value, list):
        for item in value:
            rename_modules(item, ledger)
    elif isinstance(value, dict):
        if is_object(value) and isinstance(value.get("module"), str):
            _rename(value, ledger)  # type: ignore[arg-type]
        for item in value.values():
            rename_modules(item, ledger)


def _rename(value: Config, ledger: Ledger) -> None:
    module, class_name = value["module"], value["class_name"]
    after = _module(module, class_name, value)
    if after != module:
        value["module"] = after
        if class_name == "Model":
            value |= {"class_name": "Functional", "registered_name": "Functional"}
        ledger.change(FAULT, f"{class_name} {name_of(value)}".strip(), "module", module, after)


def _module(module: str, class_name: str, value: Config) -> str:
    for root in _ROOTS:
        if module.startswith(root):
            module = f"keras.{module.removeprefix(root)}"
    if (
        class_name in _FUNCTIONAL
        and "input_layers" in own(value)
        and module.startswith(("keras.src.engine", "keras.engine"))
    ):
        return FUNCTIONAL
    if module.startswith(_PRIVATE) and class_name in LAYERS:
        return "keras.layers"
    if module.startswith(_PRIVATE) and class_name == "Sequential":
        return "keras"
    return module
