"""The classes and functions of its author's that a configuration needs, all at once, with their stored arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from loadstone.dialects.known import is_ours, known
from loadstone.dialects.operations import CLASSES as WRAPPED_FUNCTIONS
from loadstone.dialects.operations3 import is_operation
from loadstone.dialects.tree import WRAPPED
from loadstone.formats.keras.keras_classes import ACTIVATIONS, OBJECTIVES, is_keras_module, is_stock
from loadstone.formats.keras.keras_layers import is_object, name_of, text

Kind = Literal["layer", "class", "function"]

_PLAIN_MARKS = ("function", "Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer")
_STOCK_FUNCTIONS = ACTIVATIONS | OBJECTIVES | {"softmax_v2", "relu_v2", "swish_v2", "elu_v2"}
_OLD_CLASSES = frozenset(
    {
        "Convolution1D", "Convolution2D", "Convolution3D", "AtrousConvolution1D", "AtrousConvolution2D", "Merge",
        "SeparableConvolution2D", "Deconvolution2D", "Deconvolution3D", "TimeDistributedDense", "MaxoutDense",
        "Highway", "CuDNNLSTM", "CuDNNGRU", "BatchNormalizationV1", "BatchNormalizationV2", "Network", "PolicyV1",
    }
)  # fmt: skip
_ACTIVATION_ENDING = "activation"

HOMES: dict[str, str] = {
    "KerasLayer": "tensorflow_hub", "AdaBeliefOptimizer": "adabelief_tf", "CRF": "keras_contrib or tf2crf",
    "InstanceNormalization": "tensorflow_addons or keras_contrib", "WeightNormalization": "tensorflow_addons",
    "AdamWeightDecay": "transformers", "FixedDropout": "efficientnet", "PositionEmbedding": "keras_hub",
    "TransformerEncoder": "keras_hub", "TokenAndPositionEmbedding": "keras_hub", "QDense": "qkeras",
    "QConv2D": "qkeras", "QActivation": "qkeras", "PruneLowMagnitude": "tensorflow_model_optimization",
    "QuantizeWrapperV2": "tensorflow_model_optimization", "AttentionPool1D": "crested", "AnchorBoxes": "ssd_keras",
    "L2Normalization": "ssd_keras", "BatchNorm": "mrcnn", "ProposalLayer": "mrcnn",
}  # fmt: skip
"""Classes that people meet, and the package that defines them."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that has to be given to the loader.

    `key` is the name under which `custom_objects` needs it. `arguments` is its configuration in the file, without what
    every layer has. `used` are the names of the layers where it stands; `package` who defines it, where that is known.
    `brought`: Loadstone has the class, and the repair of the configuration names it so; `ours`: it is named so already.
    """

    key: str
    name: str
    kind: Kind
    module: str
    arguments: dict[str, Any]
    used: tuple[str, ...]
    package: str = ""
    brought: bool = False

    @property
    def ours(self) -> bool:
        """Whether `import loadstone` makes the very name known to Keras."""
        return is_ours(self.key)


def missing_objects(config: Any) -> tuple[Missing, ...]:
    """Return what a model's configuration needs that no version of Keras has; each once, in the file's order."""
    found: dict[str, Missing] = {}
    for one in _walk(config, "", is_layer=True):
        before = found.get(one.key)
        if before is None:
            found[one.key] = one
        elif one.used and one.used[0] not in before.used:
            found[one.key] = replace(before, used=(*before.used, *one.used))
    return tuple(found.values())


def _walk(value: Any, layer: str, *, is_layer: bool) -> Iterator[Missing]:
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, layer, is_layer=is_layer)
    elif isinstance(value, dict):
        where = (name_of(value) or layer) if is_object(value) and is_layer else layer
        if is_object(value):
            yield from _object(value, where, is_layer=is_layer)
        for key, item in value.items():
            if key == "compile_config" or key == "inbound_nodes":
                continue
            if key.endswith(_ACTIVATION_ENDING) and isinstance(item, str) and item and item not in _STOCK_FUNCTIONS:
                yield Missing(item, item, "function", "", {}, (where,))
            inner_layer = key in ("layers", *WRAPPED) or (key == "config" and is_layer)
            yield from _walk(item, where, is_layer=inner_layer)


def _object(value: Mapping[str, Any], where: str, *, is_layer: bool) -> Iterator[Missing]:
    class_name = str(value["class_name"])
    module, registered = text(value.get("module")), text(value.get("registered_name"))
    plain = class_name.rpartition(">")[2]
    if class_name == "function":
        name = value["config"]
        own_module = is_keras_module(module) or module == "builtins"
        if isinstance(name, str) and not (own_module and name in _STOCK_FUNCTIONS):
            yield Missing(registered or name, name, "function", module, {}, (where,))
        return
    if class_name in _PLAIN_MARKS or class_name in WRAPPED_FUNCTIONS or class_name in _OLD_CLASSES:
        return
    if is_layer and is_operation(value):
        return
    own_name = registered in ("", class_name) or registered.startswith("keras")
    if is_stock(class_name, module) and own_name:
        return
    if "input_layers" in _own(value) and is_keras_module(module) and plain in ("Functional", "Model"):
        return
    package = HOMES.get(plain, "") or ("" if is_keras_module(module) else module.partition(".")[0])
    arguments = _arguments(value)
    kind: Kind = "layer" if is_layer else "class"
    brought = is_ours(registered or class_name) or (is_layer and known(plain, arguments) is not None)
    yield Missing(registered or class_name, plain, kind, module, arguments, (where,), package, brought)


_EVERY = ("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "layers", "input_layers", "output_layers")


def _arguments(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in _own(value).items() if key not in _EVERY}


def _own(value: Mapping[str, Any]) -> Mapping[str, Any]:
    config = value.get("config")
    return config if isinstance(config, dict) else {}
