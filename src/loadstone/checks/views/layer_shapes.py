"""What a Keras configuration says of each layer's tensors, and what the file holds for it.

What it is: counts and sides that follow from the layer's own configuration (units, filters, kernel size, use_bias), for
layers whose rule is certain. What it is not: a propagation of shapes; sides that depend on the input are open (None).
Source: the `build` methods of keras.layers, the same in Keras 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file
from loadstone.formats.keras.keras_layers import child_configs, is_model, is_object, name_of

Sides = tuple[int | None, ...]
Expected = tuple[tuple[str, Sides], ...]

FORMATS = ("keras-h5", "keras-config")
_PLACE = re.compile(r"^(?:model_weights/)?(?P<layer>[^/]+)/(?:.*/)?(?P<leaf>[^/:]+)(?::\d+)?$")


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """A layer with weights: what its configuration says it has (in order), and what the file holds (in order)."""

    name: str
    kind: str
    expected: Expected
    found: tuple[tuple[str, Sides], ...]

    @property
    def wrong(self) -> tuple[tuple[str, Sides, Sides], ...]:
        """The tensors of another shape: name, what the configuration says, what is stored."""
        if len(self.expected) != len(self.found):
            return ()
        pairs = zip(self.expected, self.found, strict=True)
        return tuple((leaf, wanted, shape) for (leaf, wanted), (_, shape) in pairs if not fits(wanted, shape))


def fits(wanted: Sides, shape: Sides) -> bool:
    """Whether a stored shape is what the configuration says, open sides aside."""
    return len(wanted) == len(shape) and all(
        side is None or other is None or side == other for side, other in zip(wanted, shape, strict=True)
    )


def layer_weights(subject: Subject) -> tuple[LayerWeights, ...]:
    """Return the layers of a Keras file whose tensors the configuration tells, in the model's order."""
    return subject.view(_layer_weights)


def is_last_alone(subject: Subject) -> bool:
    """Whether the last layer with weights is the only one whose shapes differ, and only in its outputs."""
    layers = [layer for layer in layer_weights(subject) if layer.found]
    wrong = [layer for layer in layers if layer.wrong]
    if len(wrong) != 1 or wrong[0] is not layers[-1]:
        return False
    return all(fits((*wanted[:-1], None), found) for _, wanted, found in wrong[0].wrong)


def shape_words(shape: Sides) -> str:
    """Return `(3, 3, ?, 64)`."""
    return "(" + ", ".join("?" if side is None else str(side) for side in shape) + ")"


def _layer_weights(subject: Subject) -> tuple[LayerWeights, ...]:
    file = keras_file(subject)
    model = subject.model
    if file is None or model is None or subject.format not in FORMATS or not is_object(file.config):
        return ()
    stored: dict[str, list[tuple[str, Sides]]] = {}
    for spec in model.tensors.specs:
        place = _PLACE.match(spec.name)
        if place and spec.role == "weight" and spec.shape is not None:
            stored.setdefault(place["layer"], []).append((place["leaf"], spec.shape))
    found = []
    for layer in child_configs(file.config) if is_model(file.config) else ():
        rule, config = RULES.get(str(layer.get("class_name"))), layer.get("config")
        if rule is None or not isinstance(config, dict) or config.get("data_format") == "channels_first":
            continue
        name = name_of(layer) or str(config.get("name", ""))
        try:
            expected = rule(config)
        except (KeyError, TypeError, ValueError):
            # A configuration that lacks what the rule reads says nothing here; other faults tell what it lacks.
            continue
        found.append(LayerWeights(name, str(layer["class_name"]), expected, tuple(stored.get(name, ()))))
    return tuple(found)


def _count(config: Mapping[str, Any], key: str) -> int:
    value = config[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(key)
    return value


def _window(config: Mapping[str, Any], axes: int) -> Sides:
    value = config["kernel_size"]
    sides = [value] * axes if isinstance(value, int) else list(value)
    if len(sides) != axes or not all(isinstance(side, int) for side in sides):
        raise ValueError("kernel_size")
    return tuple(sides)


def _bias(config: Mapping[str, Any], units: int | None) -> Expected:
    return (("bias", (units,)),) if config.get("use_bias", True) else ()


def _dense(config: Mapping[str, Any]) -> Expected:
    units = _count(config, "units")
    return (("kernel", (None, units)), *_bias(config, units))


def _conv(axes: int) -> Callable[[Mapping[str, Any]], Expected]:
    def rule(config: Mapping[str, Any]) -> Expected:
        filters = _count(config, "filters")
        return (("kernel", (*_window(config, axes), None, filters)), *_bias(config, filters))

    return rule


def _transposed(config: Mapping[str, Any]) -> Expected:
    filters = _count(config, "filters")
    return (("kernel", (*_window(config, 2), filters, None)), *_bias(config, filters))


def _depthwise(config: Mapping[str, Any]) -> Expected:
    multiplier = int(config.get("depth_multiplier", 1))
    return (("depthwise_kernel", (*_window(config, 2), None, multiplier)), *_bias(config, None))


def _separable(config: Mapping[str, Any]) -> Expected:
    filters, multiplier = _count(config, "filters"), int(config.get("depth_multiplier", 1))
    kernels = (
        ("depthwise_kernel", (*_window(config, 2), None, multiplier)),
        ("pointwise_kernel", (1, 1, None, filters)),
    )
    return (*kernels, *_bias(config, filters))


def _norm(config: Mapping[str, Any]) -> Expected:
    own = [name for name, key in (("gamma", "scale"), ("beta", "center")) if config.get(key, True)]
    return tuple((name, (None,)) for name in (*own, "moving_mean", "moving_variance"))


def _embedding(config: Mapping[str, Any]) -> Expected:
    return (("embeddings", (_count(config, "input_dim"), _count(config, "output_dim"))),)


def _lstm(config: Mapping[str, Any]) -> Expected:
    units = _count(config, "units")
    kernels = (("kernel", (None, 4 * units)), ("recurrent_kernel", (units, 4 * units)))
    return (*kernels, *_bias(config, 4 * units))


RULES: Mapping[str, Callable[[Mapping[str, Any]], Expected]] = {
    "Dense": _dense,
    "Conv1D": _conv(1),
    "Conv2D": _conv(2),
    "Conv3D": _conv(3),
    "Conv2DTranspose": _transposed,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv2D": _separable,
    "BatchNormalization": _norm,
    "Embedding": _embedding,
    "LSTM": _lstm,
}
"""Class → what its configuration says of its tensors."""
