"""Activations whose name Keras 3 reads otherwise: `hard_sigmoid` has another slope there, and some names are gone.

Keras 1 and 2 compute clip(0.2 x + 0.5, 0, 1); Keras 3 computes clip(x / 6 + 0.5, 0, 1), which loads without a word and
gives other numbers. As 1.2 x / 6 = 0.2 x, the old function is the new one of 1.2 x: where the values come out of a
layer's own weights these take the factor, elsewhere a `Rescaling` stands before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.dialects.ledger import Ledger, WeightRule
from loadstone.dialects.target import parsed
from loadstone.dialects.tree import Config, children, is_functional, layer_list, name_of, nodes_of, own, where_of
from loadstone.formats.keras.keras_layers import is_object

SLOPE = 1.2
FAULT = "keras2-hard-sigmoid-in-keras3"
_REASON = "Keras 3 computes x/6 + 0.5 where Keras 2 computed 0.2 x + 0.5; the factor 1.2 makes them one"

RENAMED: Mapping[str, str] = {"softmax_v2": "softmax", "relu_v2": "relu", "elu_v2": "elu", "swish_v2": "swish"}
"""Names under which TensorFlow's own functions were recorded when they were given as activations."""

GATED: Mapping[str, str] = {
    "LSTM": "hard-sigmoid-lstm", "GRU": "hard-sigmoid-gru", "ConvLSTM1D": "hard-sigmoid-lstm",
    "ConvLSTM2D": "hard-sigmoid-lstm", "ConvLSTM3D": "hard-sigmoid-lstm",
}  # fmt: skip
_PLAIN = ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv2D", "SimpleRNN")
_SEPARABLE = ("SeparableConv1D", "SeparableConv2D")


def activation_name(value: Any) -> Any:
    """Return an activation's name, also out of an object; other values as they are."""
    if is_object(value):
        inner = value["config"]
        return inner if value["class_name"] == "function" and isinstance(inner, str) else value["class_name"]
    return value


def rename_activations(layer: Config, ledger: Ledger) -> None:
    """Give the activations of a layer the names that Keras 3 has."""
    config = own(layer)
    for key, value in config.items():
        if key.endswith("activation") and isinstance(value, str) and value in RENAMED:
            config[key] = RENAMED[value]
            ledger.change("keras2-h5-in-keras3-layer-args", where_of(layer), key, value, config[key])


def keep_hard_sigmoid(layer: Config, holder: Config | None, ledger: Ledger) -> None:
    """Note what the weights of a layer need so that its `hard_sigmoid` stays what it was."""
    if parsed(ledger.source) >= (3,):
        return
    class_name, config, whole = layer["class_name"], own(layer), holder or layer
    recurrent = activation_name(config.get("recurrent_activation")) == "hard_sigmoid"
    plain = activation_name(config.get("activation")) == "hard_sigmoid"
    if recurrent and class_name in GATED:
        _note(layer, whole, GATED[class_name], "recurrent_activation", ledger)
    elif recurrent:
        ledger.obstacle(FAULT, where_of(layer), "recurrent_activation", "hard_sigmoid", "Keras 2")
    if plain and class_name in _PLAIN:
        _note(layer, whole, "hard-sigmoid-all", "activation", ledger)
    elif plain and class_name in _SEPARABLE:
        _note(layer, whole, "hard-sigmoid-separable", "activation", ledger)
    elif plain and class_name != "Activation":
        ledger.obstacle(FAULT, where_of(layer), "activation", "hard_sigmoid", "Keras 2")


def _note(layer: Config, whole: Config, rule: str, key: str, ledger: Ledger) -> None:
    ledger.weights.append(WeightRule(name_of(whole), rule, (SLOPE,)))
    after = "hard_sigmoid of Keras 3, with weights times 1.2"
    ledger.change(FAULT, where_of(layer), key, "hard_sigmoid", after, reason=_REASON, silent=True)


def rescale_hard_sigmoid(model: Config, ledger: Ledger) -> None:
    """Put a `Rescaling` before each `Activation` layer of a model that is a `hard_sigmoid`."""
    if parsed(ledger.source) >= (3,):
        return
    for layer in children(model):
        if layer["class_name"] != "Activation" or activation_name(own(layer).get("activation")) != "hard_sigmoid":
            continue
        name = f"{name_of(layer)}_slope"
        scaled: Config = {"class_name": "Rescaling", "config": {"name": name, "scale": SLOPE, "offset": 0.0}}
        if "module" in layer:
            scaled |= {"module": "keras.layers", "registered_name": None}
        if is_functional(model):
            nodes = nodes_of(layer)
            scaled |= {"name": name, "inbound_nodes": nodes}
            layer["inbound_nodes"] = [[[name, number, 0, {}]] for number in range(len(nodes))]
        place = layer_list(model)
        place.insert(place.index(layer), scaled)
        after = "Rescaling(1.2), then hard_sigmoid of Keras 3"
        ledger.change(FAULT, where_of(layer), "activation", "hard_sigmoid", after, reason=_REASON, silent=True)
