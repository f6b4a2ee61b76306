"""What a file records of its training → Keras 3: optimizer arguments, losses and metrics by names that it finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadstone.dialects.arguments import accepted3
from loadstone.dialects.ledger import GONE, Ledger
from loadstone.dialects.target import parsed
from loadstone.dialects.tree import Config
from loadstone.formats.keras.keras_classes import OBJECTIVES, PARTS, is_keras_module
from loadstone.formats.keras.keras_layers import is_object

STRINGS = "keras2-h5-in-keras3-compile-strings"
OPTIMIZER = "keras2-h5-in-keras3-optimizer-args"
CUSTOM = "custom-compile-object"

FULL_NAMES: Mapping[str, str] = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence", "cosine": "cosine_similarity",
    "cosine_proximity": "cosine_similarity", "huber_loss": "huber", "logcosh": "log_cosh",
}  # fmt: skip
"""Names of losses and metrics that Keras 3's reader of old files does not find → those that it does."""
_READ_AS_THEY_ARE = ("accuracy", "acc", "crossentropy", "ce")
_RENAMED = {"lr": "learning_rate"}
_CAPITALS = {"adam": "Adam", "sgd": "SGD", "rmsprop": "RMSprop", "adagrad": "Adagrad", "adadelta": "Adadelta",
             "adamax": "Adamax", "nadam": "Nadam", "ftrl": "Ftrl", "adamw": "AdamW"}  # fmt: skip
_STATED = {"steps_per_execution": 1, "run_eagerly": False}
_LISTS = ("loss", "metrics", "weighted_metrics")


def training_to_keras3(training: Config, ledger: Ledger) -> None:
    """Rewrite a training configuration in place."""
    optimizer = training.get("optimizer_config") or training.get("optimizer")
    if is_object(optimizer) and isinstance(optimizer["config"], dict):
        _optimizer(optimizer, ledger)  # type: ignore[arg-type]
    if ledger.container == "archive":
        _compile_arguments(training, ledger)
        return
    if parsed(ledger.source) >= (3,):
        return
    for key in _LISTS:
        if key in training:
            training[key] = _named(training[key], key, ledger)
    training.setdefault("loss_weights", None)


def _compile_arguments(training: Config, ledger: Ledger) -> None:
    """State what Keras 2 left open: Keras 3 counts with the steps, and fails where they are null."""
    for key, value in _STATED.items():
        if key in training and training[key] is None:
            training[key] = value
            ledger.change(
                "keras2-v3zip-in-keras3", "compile_config", key, None, value, reason="Keras 3 takes no null here"
            )


def _optimizer(optimizer: Config, ledger: Ledger) -> None:
    class_name = optimizer["class_name"].rpartition(">")[2]
    class_name = _CAPITALS.get(class_name.lower(), class_name)
    config: Config = optimizer["config"]
    accepted = accepted3("optimizers", class_name, ledger.target.version)
    if accepted is None:
        return
    where = f"optimizer {class_name}"
    for old, new in _RENAMED.items():
        if old in config and new not in config:
            config[new] = config.pop(old)
            ledger.change(OPTIMIZER, where, old, config[new], f"{new}={config[new]}", reason="renamed in Keras 2.3")
    for key in [key for key in config if key not in accepted and key != "name"]:
        # What an optimizer of another version kept beside is of no use to this one's step.
        ledger.change(
            _fault(ledger), where, key, config.pop(key), GONE, reason="Keras 3's optimizer has no such argument"
        )


def _fault(ledger: Ledger) -> str:
    wrote = parsed(ledger.source)
    if wrote >= (3,):
        return "keras3-file-in-older-keras3" if wrote > ledger.target.version else "older-keras3-file-in-newer-keras3"
    return "keras2-v3zip-in-keras3" if ledger.container == "archive" else OPTIMIZER


def _named(value: Any, key: str, ledger: Ledger) -> Any:
    """Return a loss, metric or list of them with full names."""
    if isinstance(value, str):
        full = FULL_NAMES.get(value)
        if full is None or value in _READ_AS_THEY_ARE:
            return value
        ledger.change(STRINGS, f"training_config: {key}", value, value, full)
        return full
    if isinstance(value, list):
        return [_named(item, key, ledger) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {name: _named(item, key, ledger) for name, item in value.items()}
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        _wrapped(value, key, ledger)
    return value


def _wrapped(value: Config, key: str, ledger: Ledger) -> None:
    """Give a wrapper's function its full name."""
    inner = value["config"]
    full = FULL_NAMES.get(inner.get("fn")) if isinstance(inner.get("fn"), str) else None
    if full:
        ledger.change(STRINGS, f"training_config: {key}", inner["fn"], inner["fn"], full)
        inner["fn"] = full


def custom_in_training(training: Any) -> Iterator[tuple[str, str]]:
    """Yield (place, name) of each loss, metric or optimizer of a training configuration that is not Keras' own."""
    if not isinstance(training, dict):
        return
    optimizer = training.get("optimizer_config") or training.get("optimizer")
    if is_object(optimizer) and not _is_own_optimizer(optimizer):
        yield "optimizer", str(optimizer["class_name"])
    for key in _LISTS:
        yield from ((key, name) for name in _customs(training.get(key)))


def _is_own_optimizer(optimizer: Mapping[str, Any]) -> bool:
    class_name = str(optimizer["class_name"])
    module = optimizer.get("module")
    if isinstance(module, str) and not is_keras_module(module):
        return False
    package, _, plain = class_name.rpartition(">")
    if package not in ("", "Custom", "Addons"):
        return False
    plain = _CAPITALS.get(plain.lower(), plain)
    known = accepted3("optimizers", plain, (99,)) is not None or plain in ("TFOptimizer", "LossScaleOptimizer")
    return known and package != "Addons"


def _customs(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if (not value[:1].isupper() and value.lower() not in OBJECTIVES) or (
            value[:1].isupper() and not _is_own_class(value)
        ):
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _customs(item)
    elif isinstance(value, dict) and "class_name" not in value:
        for item in value.values():
            yield from _customs(item)
    elif isinstance(value, dict):
        yield from _custom_object(value)


def _custom_object(value: Config) -> Iterator[str]:
    class_name, config, module = str(value["class_name"]), value.get("config"), value.get("module")
    own_module = not isinstance(module, str) or is_keras_module(module) or module == "builtins"
    if class_name == "function":
        if isinstance(config, str) and (not own_module or config.lower() not in OBJECTIVES):
            yield config
    elif not own_module or not _is_own_class(class_name):
        yield class_name.rpartition(">")[2]
    elif isinstance(config, dict) and isinstance(config.get("fn"), str):
        yield from _customs(config["fn"])


def _is_own_class(class_name: str) -> bool:
    return class_name in PARTS
