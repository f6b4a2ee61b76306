"""The input shape that a Sequential model's first kernel implies, where nothing else states it.

What it is: one rule a kind of layer. What it is not: a guess: where the size of pictures matters and no kernel
tells it, there is no answer.
"""

from __future__ import annotations

from typing import Any

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file
from loadstone.formats.keras.keras_layers import child_configs, is_object, name_of
from loadstone.formats.keras.keras_shapes import input_shape

SEQUENCES = ("LSTM", "GRU", "SimpleRNN", "Conv1D")
SIZED = ("Flatten", "Reshape", "Permute", "LocallyConnected2D")
"""Layers after which the size of the pictures decides the next kernel."""


def states_no_input(subject: Subject) -> bool:
    """Whether the subject is a Sequential model that states its input shape nowhere."""
    found = subject.view(keras_file)
    config = found.config if found is not None else None
    if not is_object(config) or config.get("class_name") != "Sequential":
        return False
    inner = config.get("config")
    if isinstance(inner, dict) and inner.get("build_input_shape"):
        return False
    layers = child_configs(config)
    first = layers[0].get("config") if layers else None
    return isinstance(first, dict) and layers[0].get("class_name") != "InputLayer" and input_shape(first) is None


def implied_shape(subject: Subject) -> list[int | None] | None:
    """Return the shape with its batch that the first layer's kernel leaves no doubt about; None where it does."""
    found = subject.view(keras_file)
    model = subject.model
    if found is None or model is None or not is_object(found.config):
        return None
    layers = child_configs(found.config)
    kind, name = str(layers[0].get("class_name")), name_of(layers[0])
    kernel = next((spec.shape for spec in model.tensors.specs if f"/{name}/" in f"/{spec.name}"), None)
    if kernel is None or any(side is None for side in kernel):
        return None
    return _of(kind, kernel, [str(layer.get("class_name")) for layer in layers])


def _of(kind: str, kernel: tuple[Any, ...], kinds: list[str]) -> list[int | None] | None:
    if kind == "Dense" and len(kernel) == 2:
        return [None, kernel[0]]
    if kind == "Embedding":
        return [None, None] if not any(other in SIZED for other in kinds) else None
    if kind in SEQUENCES and len(kernel) in (2, 3) and not any(other in SIZED for other in kinds):
        return [None, None, kernel[-2]]
    if kind == "Conv2D" and len(kernel) == 4 and not any(other in SIZED for other in kinds):
        return [None, None, None, kernel[2]]
    return None
