"""The tree of a configuration, walked for changing: models, layers, and the layers that wrappers hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from loadstone.formats.keras.keras_layers import is_object

Config: TypeAlias = dict[str, Any]

WRAPPED = ("layer", "forward_layer", "backward_layer", "cell", "cells")
FUNCTIONAL = ("Functional", "Model", "Network")


def copied(value: Any) -> Any:
    """Return a deep copy of a JSON value."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def own(layer: Config) -> Config:
    """Return an object's own configuration; an empty one where it has none."""
    found = layer.get("config")
    return found if isinstance(found, dict) else {}


def layer_list(model: Config) -> list[Any]:
    """Return the list of a model's layers itself, so that it can be changed; an empty one for no model."""
    config = model.get("config")
    found = config if isinstance(config, list) else own(model).get("layers")
    return found if isinstance(found, list) else []


def children(model: Config) -> list[Config]:
    """Return the serialised layers directly inside a model."""
    return [layer for layer in layer_list(model) if is_object(layer)]  # type: ignore[misc]


def models_in(model: Config) -> Iterator[Config]:
    """Yield a model and every model inside it, innermost first."""
    for layer in children(model):
        yield from models_in(layer)
        for inner in held_by(layer):
            yield from models_in(inner)
    if layer_list(model):
        yield model


def layers_in(model: Config) -> Iterator[tuple[Config, Config | None]]:
    """Yield every layer at any depth, with the wrapper that holds it where one does."""
    for layer in children(model):
        yield layer, None
        yield from _held(layer)
        yield from layers_in(layer)


def _held(layer: Config) -> Iterator[tuple[Config, Config | None]]:
    for inner in held_by(layer):
        yield inner, layer
        yield from _held(inner)
        yield from layers_in(inner)


def held_by(layer: Config) -> Iterator[Config]:
    """Yield the layers that a wrapper's own configuration holds."""
    for key in WRAPPED:
        held = own(layer).get(key)
        yield from (inner for inner in (held if isinstance(held, list) else [held]) if is_object(inner))  # type: ignore[misc]


def name_of(layer: Config) -> str:
    """Return a layer's name; empty where there is none."""
    found = layer.get("name") or own(layer).get("name")
    return found if isinstance(found, str) else ""


def where_of(layer: Config) -> str:
    """Return how messages call a layer: its class and its name."""
    return f"{layer.get('class_name')} {name_of(layer)}".strip()


def is_functional(model: Config) -> bool:
    """Return whether a model is a graph of layers."""
    return "input_layers" in own(model)


def nodes_of(layer: Config) -> list[Any]:
    """Return the calls of a layer in a functional model."""
    found = layer.get("inbound_nodes")
    return found if isinstance(found, list) else []


def copy_of_ends(node: Any) -> Any:
    """Return a node, with the list of edges around a single edge put back where an old writer left it out."""
    return [node] if isinstance(node, list) and node and isinstance(node[0], str) else node
