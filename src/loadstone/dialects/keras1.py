"""Keras 1 → the words of Keras 2: layers and arguments were renamed in 2.0 (March 2017), weights re-laid.

Facts: the Keras 2.0 release notes, and what Keras 2.0 to 2.2.4 did when they met a file of Keras 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.dialects.ledger import Ledger, WeightRule
from loadstone.dialects.tree import Config, layers_in, name_of, own, where_of

FAULT = "keras1-file-in-keras3"

_CLASSES: Mapping[str, str] = {
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D", "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D", "AtrousConv1D": "Conv1D", "AtrousConv2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D", "Deconvolution2D": "Conv2DTranspose", "Deconv2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose", "TimeDistributedDense": "Dense",
}  # fmt: skip
_MERGES = {
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot",
    "cos": "Dot",
}  # fmt: skip
_GONE_CLASSES = ("MaxoutDense", "Highway", "ParametricSoftplus", "SReLU", "Merge")

_KEYS: Mapping[str, str] = {
    "nb_filter": "filters", "subsample": "strides", "subsample_length": "strides", "border_mode": "padding",
    "bias": "use_bias", "init": "kernel_initializer", "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation", "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer", "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint", "U_constraint": "recurrent_constraint", "b_constraint": "bias_constraint",
    "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "p": "rate", "sigma": "stddev",
    "pool_length": "pool_size", "stride": "strides", "filter_length": "kernel_size", "length": "size",
    "atrous_rate": "dilation_rate", "beta_init": "beta_initializer", "gamma_init": "gamma_initializer",
    "depthwise_init": "depthwise_initializer", "pointwise_init": "pointwise_initializer",
}  # fmt: skip
_EMBEDDING: Mapping[str, str] = {
    "init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}  # fmt: skip
_WITHOUT_MEANING = ("consume_less", "input_dtype", "input_length", "create_input_layer", "output_mask", "node_indices")
_SIDES = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_INITIALIZERS = {"zero": "zeros", "one": "ones", "uniform": "random_uniform", "normal": "random_normal"}
_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}
_RECURRENT = {"LSTM": "keras1-lstm", "GRU": "keras1-gru"}
_OWN_KEYS = frozenset(
    {"nb_filter", "W_regularizer", "init", "inner_init", "dim_ordering", "border_mode", "consume_less", "beta_init"}
)


def is_keras1(model: Config, source: str) -> bool:
    """Return whether a configuration is one of Keras 1: by its recorded version, else by its keys."""
    if source:
        return source.startswith(("0.", "1."))
    return any(layer["class_name"] in _CLASSES or not _OWN_KEYS.isdisjoint(own(layer)) for layer, _ in layers_in(model))


def translate(model: Config, ledger: Ledger) -> None:
    """Rewrite every layer of a Keras 1 model in Keras 2's words, and note what its weights need."""
    for number, (layer, holder) in enumerate(list(layers_in(model))):
        before, keys = layer["class_name"], sorted(own(layer))
        _class(layer, ledger)
        _weights(layer, before, holder, ledger)
        _keys(layer, first=number == 0)
        if sorted(own(layer)) != keys or before != layer["class_name"]:
            told = sorted(set(keys) - set(own(layer)))
            reason = "renamed in Keras 2.0"
            ledger.change(
                FAULT, f"{before} {name_of(layer)}", "configuration", told, f"as {layer['class_name']}", reason=reason
            )


def _class(layer: Config, ledger: Ledger) -> None:
    class_name = layer["class_name"]
    config = own(layer)
    if class_name == "Merge" and config.get("mode") in _MERGES and "layers" not in config:
        _merge(layer, config)
    elif class_name in _GONE_CLASSES:
        ledger.obstacle(FAULT, where_of(layer), "class_name", class_name, "Keras 1")
    layer["class_name"] = _CLASSES.get(layer["class_name"], layer["class_name"])


def _merge(layer: Config, config: Config) -> None:
    """Give a merge the class of its mode."""
    mode = config["mode"]
    layer["class_name"] = _MERGES[mode]
    kept: Config = {"name": config.get("name")}
    if mode == "concat":
        kept["axis"] = config.get("concat_axis", -1)
    elif mode in ("dot", "cos"):
        kept |= {"axes": config.get("dot_axes", -1), "normalize": mode == "cos"}
    layer["config"] = kept


def _weights(layer: Config, before: str, holder: Config | None, ledger: Ledger) -> None:
    """Note how a layer's weights are laid otherwise than in Keras 2."""
    class_name, config = layer["class_name"], own(layer)
    name = name_of(holder or layer)
    if class_name in _RECURRENT:
        rule = _RECURRENT[class_name]
    elif class_name == "Conv1D":
        rule = "keras1-conv1d"
    elif class_name in ("Conv2D", "Conv3D", "SeparableConv2D") and config.get("dim_ordering") == "th":
        rule = "keras1-kernel-first"
    elif class_name in ("Conv2DTranspose", "Conv3DTranspose"):
        rule = "keras1-transposed-first" if config.get("dim_ordering") == "th" else "keras1-transposed"
    else:
        return
    ledger.weights.append(WeightRule(name, rule))
    ledger.change(FAULT, f"{before} {name_of(layer)}", "weights", "laid as in Keras 1", "laid as in Keras 2 and 3")


def _keys(layer: Config, *, first: bool) -> None:
    config = own(layer)
    class_name = layer["class_name"]
    _sides(config)
    if "dim_ordering" in config:
        ordering = _ORDERINGS.get(config.pop("dim_ordering"))
        config |= {"data_format": ordering} if ordering else {}
    if "forget_bias_init" in config:
        config["unit_forget_bias"] = config.pop("forget_bias_init") == "one"
    if class_name == "GRU":
        config.setdefault("reset_after", False)
    if class_name == "Dot":
        return
    for key in _WITHOUT_MEANING:
        config.pop(key, None)
    names = {**_KEYS, **_EMBEDDING} if class_name == "Embedding" else _KEYS
    for old, new in names.items():
        if old in config and not (old == "length" and class_name != "UpSampling1D"):
            config[new] = config.pop(old)
    if class_name == "Embedding":
        config.pop("dropout", None)
    elif "output_dim" in config:
        config["units"] = config.pop("output_dim")
    if class_name not in ("Embedding", "InputLayer") and not (first and "batch_input_shape" not in config):
        config.pop("input_dim", None)
    _values(config)


def _sides(config: Config) -> None:
    """Put the sides of a kernel, which Keras 1 wrote one by one, into one list."""
    for names in _SIDES:
        if all(name in config for name in names):
            config["kernel_size"] = [config.pop(name) for name in names]


def _values(config: Config) -> None:
    for key, value in config.items():
        if key.endswith("_initializer") and isinstance(value, str):
            config[key] = _INITIALIZERS.get(value, value)
        elif key.endswith("_regularizer") and isinstance(value, dict):
            config[key] = _regularizer(value)
        elif key.endswith("_constraint") and isinstance(value, dict):
            config[key] = _constraint(value)


def _regularizer(value: Config) -> Any:
    if "class_name" in value:
        return value
    return {"class_name": "L1L2", "config": {"l1": value.get("l1", 0.0), "l2": value.get("l2", 0.0)}}


def _constraint(value: Config) -> Any:
    if "class_name" in value:
        return value
    inner = {"max_value": value["m"]} if "m" in value else {}
    return {
        "class_name": value.get("name"),
        "config": {**inner, **({"axis": value["axis"]} if "axis" in value else {})},
    }


def list_layers(model: Config, ledger: Ledger) -> None:
    """Put a Sequential model's layers into `layers`, where Keras before 2.2.3 wrote them as a bare list."""
    config = model.get("config")
    if not isinstance(config, list):
        return
    name = model.get("name") if isinstance(model.get("name"), str) else "sequential"
    model["config"] = {"name": name, "layers": config}
    old = ledger.source.startswith(("0.", "1.")) or any(change.fault == FAULT for change in ledger.changes)
    fault = FAULT if old else "keras2-h5-in-keras3-layer-args"
    ledger.change(fault, f"Sequential {name}", "config", "a list of layers", "an object with name and layers")
