"""How a Keras classifier wants its pixels: by its own layers, else by the family it was grown from, else assumed.

A Keras file seldom says it: the scaling was done in the script beside. The families are those of `keras.applications`,
whose `preprocess_input` is documented, and Teachable Machine, whose export comes with a script that does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadstone.formats.keras.keras_layers import child_configs, name_of
from loadstone.runtime.pictures.picture_input import AS_IS, SYMMETRIC, UNIT, Scaling

OWN_LAYERS = ("Rescaling", "Normalization")

CAFFE = Scaling(mean=(103.939, 116.779, 123.68), color="BGR")
"""ImageNet means, channels in the order of Caffe."""
TORCH = Scaling(mean=(123.675, 116.28, 103.53), scale=(58.395, 57.12, 57.375))
"""ImageNet means and deviations, as PyTorch's models have them."""

FAMILIES: tuple[tuple[re.Pattern[str], Scaling], ...] = (
    (re.compile(r"efficientnet|convnext|mobilenet_?v3|regnet", re.I), AS_IS),
    (re.compile(r"mobilenet|inception|xception|nasnet|resnet\d+v2", re.I), SYMMETRIC),
    (re.compile(r"densenet", re.I), TORCH),
    (re.compile(r"resnet(?:50|101|152)|vgg(?:16|19)", re.I), CAFFE),
)
"""Names that `keras.applications` gives its models → what each one's `preprocess_input` does."""


def scaling_of(config: Any, path: Path, labels: Mapping[int, str]) -> tuple[Scaling, tuple[str, ...]]:
    """Return the scaling, with a sentence where it was assumed."""
    layers = list(_layers(config))
    if any(layer["class_name"] in OWN_LAYERS for layer in layers):
        return AS_IS, ()
    if is_teachable_machine(config, path):
        return SYMMETRIC, ("pixels are scaled to [-1, 1], as Teachable Machine's own script does",)
    for name in (name_of(layer) for layer in [config, *layers] if layer["class_name"] in ("Functional", "Model")):
        for pattern, scaling in FAMILIES:
            if pattern.match(name):
                return scaling, (f"pixels are scaled as keras.applications does for `{name}`",)
    return UNIT, ("the file does not say how its pixels are scaled; [0, 1] was assumed",)


def _layers(model: Any) -> Iterator[Mapping[str, Any]]:
    for layer in child_configs(model):
        yield layer
        yield from _layers(layer)


def is_teachable_machine(config: Any, path: Path) -> bool:
    """Return whether this is Teachable Machine's export: a Sequential of two, MobileNet and a head, at 224 pixels."""
    parts = [part for part in child_configs(config) if part["class_name"] != "InputLayer"]
    if path.name != "keras_model.h5" or [part["class_name"] for part in parts] != ["Sequential", "Sequential"]:
        return False
    return any(name_of(layer).startswith("Conv1") for layer in _layers(parts[0]))
