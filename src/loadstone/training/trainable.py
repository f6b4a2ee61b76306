"""A detector's network as a Keras model in training: its variables by key, its batch norms, what is frozen.

What the network does not need for its outputs (EfficientNet's classifier) is kept beside it; the originals decay it
nevertheless, so the decayed part of it is in the model as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from loadstone.blueprint.network import Network, Node, Variable, keras_name
from loadstone.blueprint.weights import value_of
from loadstone.detectors.keras_model import WITH_WEIGHTS, build, fill, layer_name
from loadstone.training.convolutions import KINDS, convolution
from loadstone.training.dropout import dropout_layer
from loadstone.training.norms import NormRule, moving_norm

Values = Mapping[str, npt.NDArray[Any]]


@keras.saving.register_keras_serializable("loadstone")
class Beside(keras.layers.Layer):
    """Hands on what it gets, and holds variables that no output needs but that decay."""

    def __init__(self, shapes: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.shapes = {key: tuple(shape) for key, shape in shapes.items()}

    def build(self, shape: Any) -> None:
        """Make the variables, in the order of their shapes."""
        for key, own in self.shapes.items():
            self.add_weight(shape=own, name=keras_name(key))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """Return what the layer was made with."""
        return {**super().get_config(), "shapes": {key: list(shape) for key, shape in self.shapes.items()}}


@dataclass(frozen=True, slots=True, eq=False)
class Trainable:
    """`variables`: those in the model, by key. `rest`: the values of the detector's others, which do not change."""

    model: Any
    variables: Mapping[str, Any]
    rest: Values

    def values(self) -> dict[str, npt.NDArray[Any]]:
        """Return every variable of the detector as an array, by key."""
        found = {key: np.asarray(keras.ops.convert_to_numpy(ours)) for key, ours in self.variables.items()}
        return {**self.rest, **found}


def make_trainable(
    network: Network,
    values: Values,
    *,
    norm: Callable[[str], NormRule],
    decayed: Mapping[str, float],
    frozen: Callable[[str], bool],
) -> Trainable:
    """Build the network and fill it. `norm` tells by a variable's key how its batch norm trains.

    `decayed` has the coefficient of each regularised variable; a layer whose first variable is `frozen` by key does
    not train at all, and a batch norm among them uses its moving statistics. Raises `FormatError` for values that are
    absent or misshapen.
    """

    def batch_norm(node: Node, name: str) -> Any:
        rule = norm(node.variables[0].key)
        # A backbone that was translated from Keras brings its own momentum along.
        return moving_norm(node, name, replace(rule, momentum=node.attributes.get("momentum", rule.momentum)))

    own = dict.fromkeys(KINDS, convolution)
    model = build(network, {**WITH_WEIGHTS, **own, "batch_norm": batch_norm, "dropout": dropout_layer})
    fill(model, network, values)
    found = variables_of(model, network)
    unused = [variable for key, variable in network.variables.items() if key not in found]
    decaying = [variable for variable in unused if variable.key in decayed]
    if decaying:
        model, beside = _with_beside(model, decaying, values)
        found |= dict(zip([variable.key for variable in decaying], beside.weights, strict=True))
    freeze(model, network, frozen)
    rest = {variable.key: value_of(variable, values) for variable in unused if variable.key not in found}
    return Trainable(model, found, rest)


def variables_of(model: Any, network: Network) -> dict[str, Any]:
    """Return the model's variables by key, in the order of the network."""
    layers = {layer.name: layer for layer in model.layers}
    found: dict[str, Any] = {}
    for position in sorted(network.reachable()):
        node = network.nodes[position]
        if node.variables:
            for variable, ours in zip(node.variables, layers[layer_name(node)].weights, strict=True):
                found[variable.key] = ours
    return found


def freeze(model: Any, network: Network, frozen: Callable[[str], bool]) -> None:
    """Freeze the layers that `frozen` names by the key of their first variable."""
    layers = {layer.name: layer for layer in model.layers}
    for position in network.reachable():
        node = network.nodes[position]
        if node.variables and frozen(node.variables[0].key):
            layers[layer_name(node)].trainable = False


def _with_beside(model: Any, variables: list[Variable], values: Values) -> tuple[Any, Beside]:
    """Return the model with a layer that holds these variables, and the layer."""
    layer = Beside({variable.key: variable.shape for variable in variables}, name="beside")
    outputs = dict(model.output)
    first = next(iter(outputs))
    outputs[first] = layer(outputs[first])
    layer.set_weights([value_of(variable, values) for variable in variables])
    return keras.Model(model.inputs if len(model.inputs) > 1 else model.inputs[0], outputs), layer
