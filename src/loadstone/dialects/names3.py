"""Layer names that Keras 3 refuses: with a slash, or used twice in one model."""

from __future__ import annotations

from typing import Any

from loadstone.dialects.graph import TENSOR
from loadstone.dialects.ledger import Ledger
from loadstone.dialects.tree import Config, children, is_functional, name_of, nodes_of, own
from loadstone.formats.keras.keras_layers import is_object

FAULT = "keras2-h5-in-keras3-layer-args"


def rename_layers(model: Config, ledger: Ledger) -> None:
    """Give the layers directly in a model names that Keras 3 takes. Old HDF5 is read by order, not by name."""
    taken: set[str] = set()
    renamed: dict[str, str] = {}
    everywhere = {name_of(layer) for layer in children(model)}
    for layer in children(model):
        name = name_of(layer)
        after = _free(name.replace("/", "_"), taken | (everywhere - {name} if "/" in name else set()))
        taken.add(after)
        if after == name:
            continue
        where = f"{layer['class_name']} {name}"
        reason = "Keras 3 takes no slash in a name" if "/" in name else "each name may be used once in a model"
        ledger.change(FAULT, where, "name", name, after, reason=reason)
        ledger.renamed[after] = name
        if "/" in name:
            renamed[name] = after
        own(layer)["name"] = after
        if "name" in layer:
            layer["name"] = after
    if renamed and is_functional(model):
        for layer in children(model):
            layer["inbound_nodes"] = [_referring(node, renamed) for node in nodes_of(layer)]
        for key in ("input_layers", "output_layers"):
            own(model)[key] = _referring(own(model).get(key), renamed)


def _free(name: str, taken: set[str]) -> str:
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _referring(value: Any, renamed: dict[str, str]) -> Any:
    """Return edges that name layers by their new names, in either dialect."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int):
            return [renamed.get(value[0], value[0]), *(_referring(item, renamed) for item in value[1:])]
        return [_referring(item, renamed) for item in value]
    if is_object(value) and value["class_name"] == TENSOR:
        config = dict(value["config"])
        config["keras_history"] = _referring(config.get("keras_history"), renamed)
        return {**value, "config": config}
    if isinstance(value, dict):
        return {key: _referring(item, renamed) for key, item in value.items()}
    return value
