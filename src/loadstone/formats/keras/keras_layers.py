"""A Keras configuration → the tree of its layers, at any depth, in every dialect.

Keras 1 and early Keras 2 wrote a Sequential model's layers as a bare list; later ones put them in `layers`; wrappers
hold the layer they wrap under names of their own. Nothing here is built: names are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from loadstone.facts import LayerFact
from loadstone.formats.keras.keras_classes import MODELS, is_stock

Config = Mapping[str, Any]

RUNS_CODE = frozenset({"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"})
"""Keras' own layers whose configuration is, or leads to, code."""

_WRAPPED = ("layer", "forward_layer", "backward_layer", "cell", "cells")


def is_object(value: Any) -> TypeGuard[Config]:
    """Return whether a value is a serialised Keras object: a class name with a configuration."""
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value


def child_configs(model: Config) -> list[Config]:
    """Return the serialised layers directly inside a model, in the order in which the file lists them."""
    config = model.get("config")
    layers = config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
    return [layer for layer in layers if is_object(layer)] if isinstance(layers, list) else []


def name_of(layer: Config) -> str:
    """Return a layer's or model's name; empty where the file gives none."""
    config = layer.get("config")
    own = config.get("name") if isinstance(config, dict) else None
    name = layer.get("name") or own
    return name if isinstance(name, str) else ""


def layer_facts(model: Config) -> tuple[LayerFact, ...]:
    """Return the layers of a model, each with those inside it."""
    return tuple(_fact(layer) for layer in child_configs(model))


def _fact(layer: Config) -> LayerFact:
    class_name, module = layer["class_name"], text(layer.get("module"))
    return LayerFact(
        name=name_of(layer),
        class_name=class_name,
        module=module,
        registered_name=text(layer.get("registered_name")),
        custom=class_name in RUNS_CODE or not is_stock(class_name, module),
        inner=tuple(_fact(inner) for inner in _inner(layer)),
    )


def _inner(layer: Config) -> Iterator[Config]:
    yield from child_configs(layer)
    config = layer.get("config")
    if not isinstance(config, dict):
        return
    for key in _WRAPPED:
        held = config.get(key)
        yield from (inner for inner in (held if isinstance(held, list) else [held]) if is_object(inner))


def is_model(layer: Config) -> bool:
    """Return whether a serialised object is a model: by its class, or since it lists layers of its own."""
    return layer["class_name"] in MODELS or bool(child_configs(layer))


def text(value: Any) -> str:
    """Return a value that should be a string; empty where it is not one."""
    return value if isinstance(value, str) else ""
