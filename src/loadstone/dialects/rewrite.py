"""A whole configuration, and the training configuration beside it, into the target's words."""

from __future__ import annotations

from typing import Any

from loadstone.dialects import keras1, keras2
from loadstone.dialects.activations import rescale_hard_sigmoid
from loadstone.dialects.calls3 import name_keywords
from loadstone.dialects.graph import flatten_ends, nested_in_sequential, state_input
from loadstone.dialects.lambdas import replace_lambdas
from loadstone.dialects.layers3 import layer_to_keras3
from loadstone.dialects.ledger import Container, Ledger, Rewritten
from loadstone.dialects.modules3 import rename_modules
from loadstone.dialects.names3 import rename_layers
from loadstone.dialects.operations import replace_operations
from loadstone.dialects.operations3 import name_operations
from loadstone.dialects.target import LATEST, Target
from loadstone.dialects.training3 import training_to_keras3
from loadstone.dialects.tree import Config, copied, layers_in, models_in
from loadstone.errors import FormatError
from loadstone.formats.keras.keras_layers import is_object


def rewrite(
    config: Any,
    training: Any = None,
    *,
    target: Target = LATEST,
    container: Container = "hdf5",
    source: str = "",
    backend: str = "",
) -> Rewritten:
    """Return a model's configuration as the target reads it, with what changed and what stands in the way.

    `config` is that of a whole model, `training` the HDF5 file's training configuration (an archive's stands inside
    `config`), `source` the Keras version that the file records, `backend` its backend. Neither argument is changed.
    Raises `FormatError` for a tree that no Keras writes, such as a layer whose calls are a number.
    """
    ledger = Ledger(target, container, source)
    if not is_object(config):
        return ledger.rewritten(config, training)
    model: Config = copied(config)
    made = copied(training)
    try:
        _to_target(model, made, ledger, backend)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # The rules take the shape of a configuration for granted; whatever has another one is refused here, once.
        raise FormatError("the configuration is not one that Keras writes", found=repr(error)[:200]) from error
    return ledger.rewritten(model, made)


def _to_target(model: Config, made: Any, ledger: Ledger, backend: str) -> None:
    target = ledger.target
    if target.family == "keras3":
        _to_keras3(model, ledger, backend)
        inner = made if isinstance(made, dict) else model.get("compile_config")
        if isinstance(inner, dict):
            training_to_keras3(inner, ledger)
    else:
        keras2.to_keras2(model, ledger)
        if isinstance(made, dict):
            keras2.training_to_keras2(made, ledger)


def _to_keras3(model: Config, ledger: Ledger, backend: str) -> None:
    if keras1.is_keras1(model, ledger.source):
        keras1.translate(model, ledger)
    for inner in models_in(model):
        keras1.list_layers(inner, ledger)
    for inner in list(models_in(model)):
        state_input(inner, ledger)
        replace_lambdas(inner, ledger)
        replace_operations(inner, ledger)
        name_operations(inner, ledger)
        rescale_hard_sigmoid(inner, ledger)
        name_keywords(inner, ledger)
    for layer, holder in list(layers_in(model)):
        layer_to_keras3(layer, holder, ledger, backend)
    for nested in nested_in_sequential(model):
        flatten_ends(nested, ledger)
    for inner in models_in(model):
        rename_layers(inner, ledger)
    if ledger.container == "archive":
        rename_modules(model, ledger)
