"""What a Keras file records of its training: the names of the optimizer, the losses and the metrics.

Two dialects: `training_config` of HDF5 files (Keras 1 and 2) and `compile_config` of `.keras` archives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadstone.formats.keras.keras_classes import OBJECTIVES
from loadstone.formats.keras.keras_layers import text


def training_facts(training: Any) -> dict[str, Any]:
    """Return `optimizer`, `loss` and `metrics` by name, as plain values; keys that the file leaves out are absent."""
    if not isinstance(training, Mapping):
        return {}
    facts: dict[str, Any] = {}
    optimizer = _name(training.get("optimizer_config") or training.get("optimizer"))
    if optimizer:
        facts["optimizer"] = optimizer
    if loss := list(_names(training.get("loss"))):
        facts["loss"] = loss[0] if len(loss) == 1 else loss
    if metrics := list(_names(training.get("metrics"))):
        facts["metrics"] = metrics
    return facts


def custom_objectives(training: Any) -> tuple[str, ...]:
    """Return losses and metrics given by a bare name that Keras does not define."""
    if not isinstance(training, Mapping):
        return ()
    names = [*_plain(training.get("loss")), *_plain(training.get("metrics"))]
    return tuple(dict.fromkeys(name for name in names if name.lower() not in OBJECTIVES))


def _plain(value: Any) -> Iterator[str]:
    """Yield the bare strings in a value that may be one, a list of them, or a mapping from outputs."""
    if isinstance(value, str) and not value[:1].isupper():
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _plain(item)
    elif isinstance(value, dict) and "class_name" not in value:
        for item in value.values():
            yield from _plain(item)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict) and "class_name" not in value:
        for item in value.values():
            yield from _names(item)
    elif name := _name(value):
        yield name


def _name(value: Any) -> str:
    """Return the name of one object: a string, a named function, or a class with its configuration."""
    if not isinstance(value, Mapping):
        return text(value)
    config, class_name = value.get("config"), text(value.get("class_name"))
    if class_name == "function":
        return text(config)
    # A metric's own name (`accuracy`) says more than that of its wrapper.
    own = text(config.get("name")) if isinstance(config, Mapping) else ""
    return own or class_name if class_name == "MeanMetricWrapper" else class_name
