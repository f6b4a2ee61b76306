"""Keras 3 → Keras 2, and newer Keras 2 → older: what a reader of before does not know, taken out or said its way."""

from __future__ import annotations

from typing import Any

from loadstone.dialects.activations import activation_name
from loadstone.dialects.arguments import accepted2
from loadstone.dialects.graph import TENSOR
from loadstone.dialects.keys import IDLE, says_nothing
from loadstone.dialects.ledger import GONE, Ledger
from loadstone.dialects.target import parsed
from loadstone.dialects.tree import Config, children, is_functional, layers_in, models_in, nodes_of, own, where_of
from loadstone.formats.keras.keras_layers import is_object

SHAPE = "keras3-file-in-keras2-batch-shape"
MODULE = "keras3-file-in-keras2-module-path"
NEWER = "newer-keras2-h5-in-older-tf"
STANDALONE = "tfkeras-h5-in-standalone-keras"
OPTIMIZER = "optimizer-newer-tf"

_FUNCTIONAL_SINCE = (2, 4)
"""`Functional` was called `Model` before Keras 2.4 (TensorFlow 2.3)."""
_NEW_KEYS: tuple[tuple[tuple[str, ...], str, tuple[int, ...]], ...] = (
    (("Conv", "Separable", "Depthwise"), "groups", (2, 4)),
    (("Global",), "keepdims", (2, 6)),
    (("BatchNormalization",), "synchronized", (2, 12)),
    (("Embedding",), "sparse", (2, 12)),
    (("LSTM", "GRU", "SimpleRNN", "RNN"), "time_major", (2, 2, 4)),
    (("Resizing",), "crop_to_aspect_ratio", (2, 8)),
    (("LSTM", "GRU", "SimpleRNN", "RNN"), "zero_output_for_mask", (2, 6)),
)
"""Classes by the beginning of their name, a key of theirs, and the Keras 2 that first reads it."""
_STANDALONE_REFUSES = ("ragged", "time_major", "groups", "synchronized", "keepdims")
_EXTRA = ("module", "registered_name", "build_config", "compile_config")
_NEW_OPTIMIZERS = (2, 11)


def to_keras2(model: Config, ledger: Ledger) -> None:
    """Rewrite a model in place."""
    if parsed(ledger.source) >= (3,) or _in_keras3_words(model):
        _from_keras3(model, ledger)
    _class_names(model, ledger)
    if parsed(ledger.source) > ledger.target.version or ledger.target.standalone:
        for layer, _ in layers_in(model):
            _older_keys(layer, ledger)


def _in_keras3_words(model: Config) -> bool:
    return any("batch_shape" in own(layer) for layer, _ in layers_in(model))


def _class_names(model: Config, ledger: Ledger) -> None:
    if ledger.target.version >= _FUNCTIONAL_SINCE and not ledger.target.standalone:
        return
    for inner in models_in(model):
        if inner["class_name"] == "Functional":
            fault = STANDALONE if ledger.target.standalone else NEWER
            ledger.change(
                fault, where_of(inner), "class_name", "Functional", "Model", reason="its name before Keras 2.4"
            )
            inner["class_name"] = "Model"


def _older_keys(layer: Config, ledger: Ledger) -> None:
    config, class_name = own(layer), str(layer["class_name"])
    fault = STANDALONE if ledger.target.standalone else NEWER
    for starts, key, since in _NEW_KEYS:
        if key in config and class_name.startswith(starts) and ledger.target.version < since:
            _drop(layer, key, fault, ledger)
    if (
        class_name == "InputLayer"
        and "ragged" in config
        and (ledger.target.standalone or ledger.target.version < (2, 2, 4))
    ):
        _drop(layer, "ragged", fault, ledger)
    if ledger.target.standalone:
        for key in _STANDALONE_REFUSES:
            if key in config:
                _drop(layer, key, fault, ledger)
    if class_name in ("TFOpLambda", "SlicingOpLambda") and ledger.target.version < _FUNCTIONAL_SINCE:
        ledger.obstacle(fault, where_of(layer), "class_name", class_name, "TensorFlow 2.4 or newer")


def _drop(layer: Config, key: str, fault: str, ledger: Ledger) -> None:
    config = own(layer)
    if says_nothing(str(layer["class_name"]), key, config[key]):
        ledger.change(fault, where_of(layer), key, config.pop(key), GONE, reason="it holds its default")
    else:
        ledger.obstacle(fault, where_of(layer), key, config[key], "a newer TensorFlow")


def _from_keras3(model: Config, ledger: Ledger) -> None:
    _strip(model, ledger)
    for inner in list(models_in(model)):
        if is_functional(inner):
            for key in ("input_layers", "output_layers"):
                own(inner)[key] = _listed(own(inner)[key])
            for layer in children(inner):
                layer["inbound_nodes"] = [_legacy_node(node, layer, ledger) for node in nodes_of(layer)]
    for layer, _ in layers_in(model):
        _strip(layer, ledger)
        if "layers" not in own(layer):
            _layer(layer, ledger)


def _strip(layer: Config, ledger: Ledger) -> None:
    """Take out what only the new format writes beside a class and its configuration."""
    module = layer.get("module")
    if isinstance(module, str) and module.startswith("keras.src.ops"):
        ledger.obstacle(MODULE, where_of(layer), "module", module, "Keras 3")
    elif isinstance(module, str) and module.startswith("keras.src"):
        ledger.change(MODULE, where_of(layer), "module", module, GONE, reason="Keras 2 has no such module")
    for key in _EXTRA:
        layer.pop(key, None)


def _listed(ends: Any) -> Any:
    return [ends] if isinstance(ends, list) and ends and isinstance(ends[0], str) else ends


def _legacy_node(node: Any, layer: Config, ledger: Ledger) -> Any:
    """Return one call as a list of edges with the keywords of the call beside each."""
    if not isinstance(node, dict):
        return node
    args, kwargs = node.get("args") or [], node.get("kwargs") or {}
    inputs = args[0] if args and isinstance(args[0], list) else args[:1]
    if len(args) > 1 or not all(is_object(item) and item["class_name"] == TENSOR for item in inputs):
        ledger.obstacle(MODULE, where_of(layer), "inbound_nodes", f"{len(args)} arguments", "Keras 3")
        return []
    told = {key: _reference(value) for key, value in kwargs.items() if value is not None and key != "training"}
    return [[*_reference(item), told] for item in inputs]


def _reference(value: Any) -> Any:
    return list(value["config"]["keras_history"]) if is_object(value) and value["class_name"] == TENSOR else value


def _layer(layer: Config, ledger: Ledger) -> None:
    config, class_name = own(layer), str(layer["class_name"])
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
        ledger.change(SHAPE, where_of(layer), "batch_shape", config["batch_input_shape"], "batch_input_shape")
    _dtype(layer, ledger)
    if class_name == "LeakyReLU" and "negative_slope" in config:
        config["alpha"] = config.pop("negative_slope")
    if class_name in ("InputLayer",) and config.get("ragged") is None:
        config.pop("ragged", None)
    for key, value in list(config.items()):
        if key.endswith("activation"):
            config[key] = activation_name(value)
            if config[key] == "hard_sigmoid":
                ledger.obstacle("keras2-hard-sigmoid-in-keras3", where_of(layer), key, "hard_sigmoid", "Keras 3")
        elif is_object(value) and isinstance(value["config"], dict) and "layers" not in value["config"]:
            config[key] = {"class_name": value["class_name"], "config": value["config"]}
            _initializer(config[key], key, layer, ledger)
    accepted = accepted2("layers", class_name)
    for key in [key for key in config if accepted is not None and key not in accepted]:
        _unknown(layer, key, ledger)


def _unknown(layer: Config, key: str, ledger: Ledger) -> None:
    config = own(layer)
    if key in IDLE or says_nothing(str(layer["class_name"]), key, config[key]):
        ledger.change(SHAPE, where_of(layer), key, config.pop(key), GONE, reason="Keras 2 has no such argument")
    else:
        ledger.obstacle(SHAPE, where_of(layer), key, config[key], "Keras 3")


def _initializer(value: Config, key: str, layer: Config, ledger: Ledger) -> None:
    for group in ("initializers", "regularizers", "constraints"):
        accepted = accepted2(group, str(value["class_name"]))
        if accepted is None:
            continue
        for name in [name for name in value["config"] if name not in accepted]:
            if says_nothing(str(value["class_name"]), name, value["config"][name]):
                before = value["config"].pop(name)
                ledger.change(
                    SHAPE, f"{where_of(layer)}: {key}", name, before, GONE, reason="Keras 2 has no such argument"
                )
        return


def _dtype(layer: Config, ledger: Ledger) -> None:
    dtype = own(layer).get("dtype")
    if is_object(dtype) and isinstance(dtype["config"], dict) and isinstance(dtype["config"].get("name"), str):
        own(layer)["dtype"] = dtype["config"]["name"]
        ledger.change(SHAPE, where_of(layer), "dtype", dtype["class_name"], own(layer)["dtype"])


def training_to_keras2(training: Config, ledger: Ledger) -> None:
    """Note an optimizer that the target does not know; the configuration itself goes with another repair."""
    optimizer = training.get("optimizer_config")
    if not is_object(optimizer):
        return
    class_name = str(optimizer["class_name"])
    if class_name.startswith("Custom>") and ledger.target.version < _NEW_OPTIMIZERS:
        ledger.obstacle(OPTIMIZER, f"optimizer {class_name}", "class_name", class_name, "TensorFlow 2.11 or newer")
    elif parsed(ledger.source) >= (3,):
        ledger.obstacle(OPTIMIZER, f"optimizer {class_name}", "config", sorted(optimizer["config"])[:6], "Keras 3")
