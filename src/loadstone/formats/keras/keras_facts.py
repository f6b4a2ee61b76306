"""A Keras configuration → the facts that every Keras format states alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadstone.errors import FormatError
from loadstone.facts import LayerFact, TensorSpec
from loadstone.formats.keras.keras_hazards import find_hazards
from loadstone.formats.keras.keras_io import model_io
from loadstone.formats.keras.keras_layers import child_configs, is_object, layer_facts, name_of
from loadstone.formats.keras.keras_training import custom_objectives, training_facts
from loadstone.wire.json import parse_json


@dataclass(frozen=True, slots=True)
class KerasFacts:
    """What a configuration establishes, in the fields of `ModelFile`."""

    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    layers: tuple[LayerFact, ...] = ()
    custom: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def config_facts(config: Any, training: Any = None) -> KerasFacts:
    """Read a model's configuration, and its training configuration where one stands beside it."""
    if not is_object(config):
        raise FormatError(
            "the configuration is not a Keras model",
            expected="an object with class_name and config",
            found=_shown(config),
        )
    training = training if training is not None else config.get("compile_config")
    hazards = find_hazards(config, None if training is config.get("compile_config") else training)
    layers = layer_facts(config)
    inputs, outputs = model_io(config)
    details: dict[str, Any] = {"model": name_of(config), "class_name": config["class_name"], "layers": _count(layers)}
    if facts := training_facts(training):
        details["training"] = facts
    custom = dict.fromkeys((*hazards.custom, *custom_objectives(training)))
    notes = hazards.notes
    if not child_configs(config) and config["class_name"] not in ("Sequential", "Functional", "Model"):
        notes = (*notes, f"{config['class_name']} is a class of the author's own; its layers are in its code")
    return KerasFacts(inputs, outputs, layers, tuple(custom), notes, details)


def parse_config(raw: bytes | str, where: str) -> tuple[Any, tuple[str, ...]]:
    """Parse a configuration; also one that was written as a JSON string within JSON, which a note then says."""
    value = parse_json(raw, where)
    if isinstance(value, str):
        return parse_json(value, f"{where} (the text inside the JSON string)"), (
            "the configuration is JSON within a JSON string: it was encoded twice",
        )
    return value, ()


def _count(layers: tuple[LayerFact, ...]) -> int:
    return sum(1 + _count(layer.inner) for layer in layers)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with {', '.join(sorted(value)[:8])[:200]}" if value else "an empty object"
    return f"a {type(value).__name__}"
