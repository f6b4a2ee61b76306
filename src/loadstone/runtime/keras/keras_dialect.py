"""A configuration in Keras 3's words → one that stock Keras 3 builds, with nothing in it but plain values.

What it is: an allow-list. What another Keras wrote is put into those words before (`dialects`). Every layer is in
`RUNS` by name, every operation in `OPERATIONS`, every value is a number, a text, a flag or a list of them;
whatever only trains (initializers, regularizers, constraints) is left out, since the weights come from the file.
So nothing that a file names is imported, opened or run. What it is not: the mending of broken files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from loadstone.errors import FormatError, UnsupportedModelError
from loadstone.formats.keras.keras_classes import ACTIVATIONS, is_keras_module
from loadstone.formats.keras.keras_layers import child_configs, is_object, name_of

Config: TypeAlias = dict[str, Any]

MODELS = {"Sequential": "Sequential", "Functional": "Functional", "Model": "Functional"}
"""Class in the file → class in `keras`; Keras before 2.4 called a functional model `Model`."""

_RANKED = (
    "AveragePooling", "Conv", "Cropping", "GlobalAveragePooling", "GlobalMaxPooling", "MaxPooling",
    "SpatialDropout", "UpSampling", "ZeroPadding",
)  # fmt: skip

RUNS = frozenset(
    {f"{stem}{rank}D" for stem in _RANKED for rank in (1, 2, 3)}
    | {
        "Activation", "Add", "Average", "BatchNormalization", "Bidirectional", "CenterCrop", "Concatenate",
        "Conv1DTranspose", "Conv2DTranspose", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dot", "Dropout", "ELU",
        "Embedding", "Flatten", "GRU", "GroupNormalization", "Identity", "InputLayer", "LSTM", "LayerNormalization",
        "LeakyReLU", "Masking", "Maximum", "Minimum", "Multiply", "Normalization", "PReLU", "Permute", "ReLU",
        "RepeatVector", "Rescaling", "Reshape", "Resizing", "SeparableConv1D", "SeparableConv2D", "SimpleRNN",
        "Softmax", "Subtract", "TimeDistributed", "UnitNormalization",
    }
)  # fmt: skip
"""Layers that are built as they are."""

IDLE = frozenset(
    {
        "ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise", "RandomBrightness",
        "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight", "RandomRotation", "RandomTranslation",
        "RandomWidth", "RandomZoom",
    }
)  # fmt: skip
"""Layers that do nothing unless a model trains; an `Identity` stands for each."""

TRAINS_ONLY = ("_initializer", "_regularizer", "_constraint")
"""Endings of the keys that matter to training alone."""

DROPPED = frozenset({"dtype", "batch_input_shape", "batch_shape", "input_dtype", "seed", "sparse", "ragged"})
"""Keys that every layer may carry and that are stated otherwise here: the network computes in float32."""

OPERATIONS = frozenset(
    {
        "Absolute", "Add", "Cast", "Clip", "Concatenate", "Cos", "Elu", "Equal", "Erf", "Exp", "ExpandDims", "Flip",
        "Floor", "FloorDivide", "Gelu", "GetItem", "Greater", "GreaterEqual", "LeakyRelu", "Less", "LessEqual", "Log",
        "LogSoftmax", "Matmul", "Max", "Maximum", "Mean", "Min", "Minimum", "Multiply", "Negative", "Normalize",
        "Pad", "Power", "Prod", "Relu", "Relu6", "Repeat", "Reshape", "Resize", "Rsqrt", "Selu", "Sigmoid", "Sign",
        "Silu", "Sin", "Softmax", "Softplus", "Softsign", "Split", "Sqrt", "Square", "Squeeze", "Stack", "Subtract",
        "Sum", "Take", "Tanh", "Tile", "Transpose", "TrueDivide", "Where",
    }
)  # fmt: skip
"""Operations of `keras.ops` that are built as they are: plain functions of their inputs."""

_HOMES = ("keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.math", "keras.src.ops.core", "keras.src.ops.image")

_WRAPPED = ("layer", "forward_layer", "backward_layer")


def cleaned(config: Any) -> Config:
    """Return the configuration of a whole model; `UnsupportedModelError` names every layer that cannot be built."""
    if not is_object(config) or not child_configs(config):
        raise UnsupportedModelError("the file describes no Sequential or functional Keras model")
    if strangers := sorted(_strangers(config)):
        names = ", ".join(f"`{name}`" for name in strangers[:12])
        kind = "a layer" if len(strangers) == 1 else "layers"
        raise UnsupportedModelError(f"the model uses {kind} that stock Keras cannot run from a file alone: {names}")
    return _model(config)


def _strangers(model: Mapping[str, Any]) -> set[str]:
    """Return the names of all layers, at any depth, that are not built here."""
    found: set[str] = set()
    for layer in child_configs(model):
        class_name = _class(layer)
        if class_name in MODELS:
            found |= _strangers(layer)
        elif not _is_known(layer):
            found.add(class_name.rpartition(">")[2])
        for key in _WRAPPED:
            if is_object(inner := _own(layer).get(key)) and not _is_known(inner):
                found.add(_class(inner))
    return found


def _is_known(layer: Mapping[str, Any]) -> bool:
    module = layer.get("module") or ""
    if module in _HOMES:
        return _class(layer) in OPERATIONS
    return isinstance(module, str) and is_keras_module(module) and _class(layer) in RUNS | IDLE


def _class(layer: Mapping[str, Any]) -> str:
    return str(layer["class_name"])


def _own(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    own = layer.get("config")
    return own if isinstance(own, dict) else {}


def _model(model: Mapping[str, Any]) -> Config:
    """Return a model's configuration with all of its layers cleaned."""
    kind = MODELS[_class(model)]
    name = name_of(model) or kind.lower()
    if kind == "Sequential":
        return _object("keras", kind, {"name": name, "layers": _sequence(model)}, name)
    own = _own(model)
    layers = [_node_layer(layer) for layer in child_configs(model)]
    ends = {key: _ends(_plain(own.get(key), key)) for key in ("input_layers", "output_layers")}
    return _object("keras.src.models.functional", kind, {"name": name, "layers": layers, **ends}, name)


def _ends(value: Any) -> Any:
    """Return a model's only input or output without the list around it, in which Keras 2 put every one.

    Keras 3 takes the list for a structure, and would hand a list of one tensor to the next layer.
    """
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        return value[0]
    return value


def _object(module: str, class_name: str, config: Config, name: str) -> Config:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": class_name, "name": name}


def _sequence(model: Mapping[str, Any]) -> list[Config]:
    return [_layer(layer) for layer in child_configs(model)]


def _stated_shape(layer: Mapping[str, Any]) -> Any:
    own = _own(layer)
    return own.get("batch_input_shape") or own.get("batch_shape")


def _input(name: str, shape: Any, own: Mapping[str, Any]) -> Config:
    sides = _plain(shape, "batch_shape")
    if not isinstance(sides, list) or not all(side is None or isinstance(side, int) for side in sides):
        raise FormatError("an input layer has no shape", where=name, found=str(shape)[:100])
    dtype = own.get("dtype")
    kept = dtype if dtype in ("int32", "int64") else "float32"
    return _object("keras.layers", "InputLayer", {"batch_shape": [None, *sides[1:]], "dtype": kept, "name": name}, name)


def _node_layer(layer: Mapping[str, Any]) -> Config:
    """Return a layer of a functional model: with the nodes that feed it."""
    made = _layer(layer)
    made["inbound_nodes"] = _plain(layer.get("inbound_nodes") or [], "inbound_nodes")
    return made


def _layer(layer: Mapping[str, Any]) -> Config:
    class_name = _class(layer)
    if class_name in MODELS:
        return _model(layer)
    name = name_of(layer) or class_name.lower()
    if class_name == "InputLayer":
        return _input(name, _stated_shape(layer), _own(layer))
    if class_name in IDLE:
        return _object("keras.layers", "Identity", {"name": name}, name)
    if layer.get("module") in _HOMES:
        return _object(layer["module"], class_name, _plain(_own(layer), name), name)
    own = {key: _value(class_name, key, value) for key, value in _own(layer).items() if _is_kept(key)}
    return _object("keras.layers", class_name, {**own, "name": name}, name)


def _is_kept(key: str) -> bool:
    return key not in DROPPED and not key.endswith(TRAINS_ONLY)


def _value(class_name: str, key: str, value: Any) -> Any:
    if key in _WRAPPED and is_object(value):
        return _layer(value)
    if key.endswith("activation"):
        return _activation(value)
    return _plain(value, f"{class_name}.{key}")


def _activation(value: Any) -> Any:
    """Return an activation by its name; Keras 3 may write it as an object of `keras.activations`."""
    if is_object(value):
        value = value["config"] if value["class_name"] == "function" else value["class_name"].lower()
    if value is None or value in ACTIVATIONS:
        return value
    raise UnsupportedModelError(f"the model uses the activation `{str(value)[:60]}`, which stock Keras does not have")


_MARKS = ("__keras_tensor__", "__numpy__", "__tuple__", "__slice__", "__ellipsis__")
"""The only objects that a value may hold: an edge of the graph, numbers, a tuple, and the parts of a slice."""


def _plain(value: Any, where: str) -> Any:
    """Return a value that holds numbers, texts, flags and edges of the graph only; anything else is refused."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [_plain(item, where) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        if "class_name" in value and value["class_name"] not in _MARKS:
            raise UnsupportedModelError(f"the model holds an object, `{str(value['class_name'])[:60]}`", where=where)
        return {key: _plain(item, where) for key, item in value.items()}
    raise FormatError("a configuration holds a value that JSON does not have", where=where, found=type(value).__name__)
