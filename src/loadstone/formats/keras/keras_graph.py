"""Which layer of a model feeds which, in every dialect of `inbound_nodes`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from loadstone.formats.keras.keras_layers import Config, child_configs, name_of


class Network:
    """A model's layers by name, the names of its inputs and outputs, and each layer's inputs.

    `functional` is False for a Sequential model, in which each layer feeds the next.
    """

    __slots__ = ("_chain", "functional", "inputs", "layers", "outputs")

    def __init__(self, model: Config) -> None:
        config = model.get("config")
        children = child_configs(model)
        names = [name_of(layer) for layer in children]
        self.layers = dict(zip(names, children, strict=True))
        self.functional = isinstance(config, dict) and "input_layers" in config
        self._chain: dict[str, str] = {}
        if isinstance(config, dict) and self.functional:
            self.inputs = tuple(dict.fromkeys(_references(config["input_layers"])))
            self.outputs = tuple(dict.fromkeys(_references(config.get("output_layers"))))
        else:
            self.inputs = tuple(names[:1])
            self.outputs = tuple(names[-1:])
            self._chain = dict(zip(names[1:], names, strict=False))

    def feeds(self, name: str) -> list[str]:
        """Return the layers that feed a layer; none for an input, and for a layer that is called more than once."""
        if not self.functional:
            return [self._chain[name]] if name in self._chain else []
        layer = self.layers.get(name)
        nodes = layer.get("inbound_nodes") if layer else None
        if not isinstance(nodes, list) or len(nodes) != 1:
            return []
        return list(_node_inputs(nodes[0]))


def _references(value: Any) -> Iterator[str]:
    """Yield layer names from `[["a", 0, 0], ["b", 0, 0]]`, one bare `["a", 0, 0]`, or a mapping of them."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return
    if value and isinstance(value[0], str):
        yield value[0]
        return
    for item in value:
        yield from _references(item)


def _node_inputs(node: Any) -> Iterator[str]:
    """Yield the names of the layers that one call takes its tensors from."""
    if isinstance(node, dict):
        # Keras 3: the call's arguments, with tensors as `__keras_tensor__` and their origin as `keras_history`.
        yield from _histories(node)
    else:
        # Keras 1 and 2: [[layer, node, tensor, arguments], ...], or one such list alone.
        yield from _references(node)


def _histories(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        history = value.get("keras_history")
        if isinstance(history, list) and history and isinstance(history[0], str):
            yield history[0]
            return
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _histories(item)
