"""The inputs and outputs of a Keras model, as its configuration states them.

Inputs are written down with shape and dtype. Outputs are written down by name; their shape is worked out from the
inputs only where every rule on the way is certain, and is unknown otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.facts import TensorSpec
from loadstone.facts.tensor import Shape
from loadstone.formats.keras.keras_graph import Network
from loadstone.formats.keras.keras_layers import Config, child_configs, is_model, name_of, text
from loadstone.formats.keras.keras_shapes import input_shape, shape_after

Ends = tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]

_DEFAULT_DTYPE = "float32"
"""Keras' own default, where a layer states none."""


def model_io(model: Config) -> Ends:
    """Return (inputs, outputs) of a serialised model; empty where the configuration does not say."""
    return _Reader().ends(model)


class _Reader:
    """Works out ends and shapes once for each model and layer, however often they are referred to."""

    def __init__(self) -> None:
        self._ends: dict[int, Ends] = {}

    def ends(self, model: Config) -> Ends:
        if id(model) not in self._ends:
            network = Network(model)
            if network.functional:
                inputs = tuple(_input(network.layers.get(name), name) for name in network.inputs)
            else:
                inputs = tuple(self._first_input(model))
            shapes = self._shapes(network)
            self._ends[id(model)] = inputs, tuple(self._output(network, name, shapes) for name in network.outputs)
        return self._ends[id(model)]

    def _first_input(self, model: Config) -> Iterator[TensorSpec]:
        """Yield the one input of a Sequential model: its input layer, or the shape that its first layer states."""
        children = child_configs(model)
        if not children:
            return
        first, config = children[0], model["config"]
        if is_model(first):
            yield from self.ends(first)[0]
            return
        spec = _input(first, name_of(first))
        if spec.shape is None and isinstance(config, dict):
            built = input_shape({"batch_input_shape": config.get("build_input_shape")})
            spec = TensorSpec(spec.name, spec.dtype, built)
        if first["class_name"] == "InputLayer":
            yield spec
        elif spec.shape is not None:
            # Keras names the input that it makes for a first layer after that layer.
            yield TensorSpec(f"{spec.name}_input" if spec.name else "", spec.dtype, spec.shape)

    def _output(self, network: Network, name: str, shapes: dict[str, Shape | None]) -> TensorSpec:
        layer = network.layers.get(name)
        if layer is not None and is_model(layer):
            inner = self.ends(layer)[1]
            return TensorSpec(name, inner[0].dtype if inner else _DEFAULT_DTYPE, shapes.get(name))
        return TensorSpec(name, _dtype(layer), shapes.get(name))

    def _shapes(self, network: Network) -> dict[str, Shape | None]:
        """Return the shapes of the outputs and of all that feeds them, each layer after its inputs."""
        shapes: dict[str, Shape | None] = {}
        waiting = list(network.outputs)
        entered: set[str] = set()
        while waiting:
            name = waiting[-1]
            feeds = dict.fromkeys(network.feeds(name))
            missing = [feed for feed in feeds if feed not in shapes and feed not in entered]
            if missing and name not in entered:
                entered.add(name)
                waiting += missing
                continue
            waiting.pop()
            if name not in shapes:
                shapes[name] = self._shape(network, name, shapes)
        return shapes

    def _shape(self, network: Network, name: str, shapes: dict[str, Shape | None]) -> Shape | None:
        layer = network.layers.get(name)
        if layer is None:
            return None
        feeds = network.feeds(name)
        if is_model(layer):
            outputs = self.ends(layer)[1]
            inner = outputs[0].shape if len(outputs) == 1 else None
            outer = shapes.get(feeds[0]) if len(feeds) == 1 else None
            # The batch is the outer model's; the inner one was built without it.
            return (outer[0], *inner[1:]) if inner and outer else inner
        if not feeds:
            config = layer["config"]
            return shape_after(layer, [input_shape(config) if isinstance(config, dict) else None])
        return shape_after(layer, [shapes.get(feed) for feed in feeds])


def _input(layer: Config | None, name: str) -> TensorSpec:
    config = layer["config"] if layer else None
    return TensorSpec(name, _dtype(layer), input_shape(config) if isinstance(config, dict) else None)


def _dtype(layer: Config | None) -> str:
    """Return the dtype that a layer states, by name or as a policy."""
    config = layer["config"] if layer else None
    if not isinstance(config, dict):
        return _DEFAULT_DTYPE
    dtype = config.get("dtype") or config.get("input_dtype")
    if isinstance(dtype, dict):
        inner = dtype.get("config")
        dtype = inner.get("name") if isinstance(inner, dict) else None
    return text(dtype).removeprefix("mixed_") or _DEFAULT_DTYPE
