"""One layer's configuration → Keras 3: class, type policy, initializers, and what a wrapper holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadstone.dialects import keys
from loadstone.dialects.activations import keep_hard_sigmoid, rename_activations
from loadstone.dialects.arguments import accepted2, accepted3
from loadstone.dialects.known import adopt
from loadstone.dialects.ledger import GONE, Ledger, WeightRule
from loadstone.dialects.target import parsed
from loadstone.dialects.tree import Config, name_of, own, where_of
from loadstone.formats.keras.keras_classes import is_keras_module
from loadstone.formats.keras.keras_layers import is_object

LAYER_ARGS = "keras2-h5-in-keras3-layer-args"
POLICY = "keras2-h5-in-keras3-dtype-policy"
THEANO = "theano-kernels-in-keras3"

_POLICIES = ("Policy", "PolicyV1", "LossScalePolicy")
_CUDNN: Mapping[str, tuple[str, Config]] = {
    "CuDNNLSTM": ("LSTM", {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}),
    "CuDNNGRU": (
        "GRU", {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "reset_after": True}
    ),
}  # fmt: skip
_SEVERAL_INPUTS = ("MultiHeadAttention", "Attention", "AdditiveAttention", "GroupQueryAttention")
_MODELS = ("Sequential", "Functional", "Model", "Network")
_THEANO_KERNELS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "ConvLSTM2D")
_OBJECT_KEYS = {"_initializer": "initializers", "_regularizer": "regularizers", "_constraint": "constraints"}
_DISTRIBUTIONS = {"normal": "truncated_normal"}


def layer_to_keras3(layer: Config, holder: Config | None, ledger: Ledger, backend: str) -> None:
    """Rewrite one layer; `holder` is the wrapper that holds it, where one does."""
    if _is_operation(layer):
        return
    adopt(layer, ledger)
    _class(layer, holder, ledger)
    if layer["class_name"] in _MODELS:
        return
    _policy(layer, ledger)
    _values(layer, ledger)
    _objects(layer, ledger)
    rename_activations(layer, ledger)
    keep_hard_sigmoid(layer, holder, ledger)
    _flip_theano(layer, holder, ledger, backend)
    if holder is not None:
        _as_wrapped(layer, ledger)
    if _is_stock(layer):
        keys.drop_unknown(layer, own(layer), ledger, where=where_of(layer))


def _is_operation(layer: Config) -> bool:
    module = layer.get("module")
    return isinstance(module, str) and module.startswith("keras.src.ops.")


def _is_stock(layer: Config) -> bool:
    module = layer.get("module")
    registered = layer.get("registered_name")
    return is_keras_module(module if isinstance(module, str) else "") and registered in (None, layer["class_name"])


def _class(layer: Config, holder: Config | None, ledger: Ledger) -> None:
    class_name = layer["class_name"]
    if class_name in _CUDNN and _is_stock(layer):
        layer["class_name"], more = _CUDNN[class_name]
        own(layer).update(more)
        ledger.weights.append(WeightRule(name_of(holder or layer), f"cudnn-{layer['class_name'].lower()}"))
        reason = "the layer without cuDNN computes the same"
        ledger.change(
            LAYER_ARGS, f"{class_name} {name_of(layer)}", "class_name", class_name, layer["class_name"], reason=reason
        )
    elif class_name == "SyncBatchNormalization":
        layer["class_name"] = "BatchNormalization"
        own(layer)["synchronized"] = True
        ledger.change(LAYER_ARGS, where_of(layer), "class_name", class_name, "BatchNormalization(synchronized=True)")
    elif class_name in ("BatchNormalizationV1", "BatchNormalizationV2"):
        layer["class_name"] = "BatchNormalization"
        ledger.change(LAYER_ARGS, where_of(layer), "class_name", class_name, "BatchNormalization")
    elif class_name in ("RandomHeight", "RandomWidth"):
        layer["class_name"], layer["config"] = "Identity", {"name": name_of(layer)}
        reason = "it changes nothing unless the model trains"
        ledger.change(LAYER_ARGS, f"{class_name} {name_of(layer)}", "class_name", class_name, "Identity", reason=reason)
    elif class_name == "ThresholdedReLU":
        theta = own(layer).get("theta", 1.0)
        layer["class_name"] = "ReLU"
        kept = {key: value for key, value in own(layer).items() if key != "theta"}
        layer["config"] = {**kept, "threshold": theta}
        ledger.change(
            LAYER_ARGS, f"{class_name} {name_of(layer)}", "class_name", class_name, f"ReLU(threshold={theta})"
        )
    elif _is_gone(layer, ledger):
        ledger.obstacle(LAYER_ARGS, where_of(layer), "class_name", class_name, "Keras 2")


def _is_gone(layer: Config, ledger: Ledger) -> bool:
    """Return whether Keras 2 has the class and the target has not."""
    class_name = layer["class_name"]
    if not _is_stock(layer) or class_name in ("TFOpLambda", "SlicingOpLambda"):
        return False
    known = accepted2("layers", class_name) is not None
    return known and accepted3("layers", class_name, ledger.target.version) is None


def _policy(layer: Config, ledger: Ledger) -> None:
    """Write a policy of Keras 2 as the name that Keras 3 takes."""
    dtype = own(layer).get("dtype")
    if not is_object(dtype) or dtype["class_name"] not in _POLICIES:
        return
    inner = dtype["config"]
    name = inner.get("name") if isinstance(inner, dict) else None
    after = name if isinstance(name, str) and not name.startswith("_") else "float32"
    own(layer)["dtype"] = after
    ledger.change(POLICY, where_of(layer), "dtype", {"class_name": dtype["class_name"], "name": name}, after)


def _values(layer: Config, ledger: Ledger) -> None:
    """Mend values that Keras 3 reads otherwise: an axis in a list, a GRU that does not say when it resets."""
    class_name, config = layer["class_name"], own(layer)
    new_style = ledger.container == "archive" or "module" in layer
    axis = config.get("axis")
    if new_style and class_name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
        ledger.change(keys.fault_of(class_name, ledger), where_of(layer), "axis", axis, axis[0])
    if class_name in ("GRU", "GRUCell") and "reset_after" not in config:
        config["reset_after"] = False
        reason = "Keras before 2.2 had the reset before only, and Keras 3 takes the other where nothing is said"
        ledger.change(LAYER_ARGS, where_of(layer), "reset_after", GONE, False, reason=reason)
    if class_name == "InputLayer" and new_style and "batch_input_shape" in config and "batch_shape" not in config:
        config["batch_shape"] = config.pop("batch_input_shape")
    elif class_name == "InputLayer" and not new_style and config.get("input_dtype") and not config.get("dtype"):
        config["dtype"] = config.pop("input_dtype")
    if class_name in _SEVERAL_INPUTS and _is_one_shape(layer.get("build_config")):
        del layer["build_config"]
        reason = "it states one shape where Keras 3's layer is built from several; the graph states them all"
        ledger.change(
            keys.fault_of(class_name, ledger), where_of(layer), "build_config", "one shape", GONE, reason=reason
        )
    if ledger.container == "hdf5" and not new_style and config.get("score_mode") == "dot":
        reason = "Keras 3's reader of HDF5 takes the word for its function `dot`; it is the default"
        ledger.change(LAYER_ARGS, where_of(layer), "score_mode", config.pop("score_mode"), GONE, reason=reason)
    if "trainable" in config and not isinstance(config["trainable"], bool):
        config["trainable"] = bool(config["trainable"])


def _is_one_shape(build: Any) -> bool:
    """Whether a layer's build configuration states a single shape, as Keras 2 did also for layers of several inputs.

    Keras 3 states a list of shapes there, or `shapes_dict`, and reads both.
    """
    shape = build.get("input_shape") if isinstance(build, dict) else None
    return isinstance(shape, list) and not any(isinstance(side, (list, dict)) for side in shape)


def _objects(layer: Config, ledger: Ledger) -> None:
    """Rewrite the initializers, regularizers and constraints of a layer."""
    for key, value in own(layer).items():
        group = next((found for ending, found in _OBJECT_KEYS.items() if key.endswith(ending)), None)
        if group and is_object(value) and isinstance(value["config"], dict):
            where = f"{where_of(layer)}: {key}"
            inner: Config = value["config"]
            if inner.get("distribution") in _DISTRIBUTIONS:
                before = inner["distribution"]
                inner["distribution"] = _DISTRIBUTIONS[before]
                if parsed(ledger.source) < (3,):
                    ledger.change(LAYER_ARGS, where, "distribution", before, inner["distribution"])
            keys.drop_unknown(value, inner, ledger, group=group, where=where)  # type: ignore[arg-type]


def _as_wrapped(layer: Config, ledger: Ledger) -> None:
    """Give a wrapped layer the module by which Keras 3 finds it; its reader of old files looks it up nowhere else."""
    if "module" in layer or accepted3("layers", layer["class_name"], ledger.target.version) is None:
        return
    layer |= {"module": "keras.layers", "registered_name": None}
    reason = "Keras 3 finds what a wrapper holds by its module only"
    ledger.change(LAYER_ARGS, where_of(layer), "module", GONE, "keras.layers", reason=reason)
    own(layer).pop("batch_input_shape", None)


def _flip_theano(layer: Config, holder: Config | None, ledger: Ledger, backend: str) -> None:
    if backend != "theano" or layer["class_name"] not in _THEANO_KERNELS:
        return
    ledger.weights.append(WeightRule(name_of(holder or layer), "theano-kernel"))
    reason = "Theano turns kernels around; Keras 2 turned them back when it loaded the file, Keras 3 does not"
    ledger.change(THEANO, where_of(layer), "kernel", "as Theano has it", "turned around", reason=reason, silent=True)
