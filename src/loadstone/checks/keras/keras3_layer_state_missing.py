"""A layer finds no variables of its own in the weights file.

What is seen

    `Layer 'lstm_cell' expected 3 variables, but received 0 variables during loading`, `A total of 2 objects
    could not be loaded`.

Why

    Either the arrays lie under another path (Keras 3.0 moved those of recurrent cells; containers of your own
    are walked in another order), or the layer was not built when the model was saved and they were never
    written.

Remedy

    Compare the paths with `loadstone inspect FILE`. Where they are there, load with the Keras that wrote the
    file; where they are not, build every layer before saving (`build()`, or call the model once).
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file
from loadstone.dialects.paths import layer_paths
from loadstone.dialects.tree import Config, children, is_functional, name_of
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.keras.keras_classes import is_stock
from loadstone.formats.keras.keras_layers import is_object, text

FAULT = Fault(
    "keras3-layer-state-missing",
    "error",
    help="compare the paths: loadstone inspect FILE; then load with the Keras that wrote it",
)

TEXTS = (
    Saying(
        (
            r"(?:Layer|Object|Optimizer)? ?'?(?P<layer>[\w./]*)'? expected (?P<count>\d+) variables, but "
            r"received (?P<found>\d+) variables during loading"
        ),
        "layer {layer} wants {count} variables and finds {found} at its path in the weights file",
    ),
    Saying(
        r"A total of (?P<count>\d+) objects could not be loaded",
        "{count} layers find no variables at their paths in the weights file",
        certainty="likely",
    ),
    Saying(
        r"objects could not be loaded \((?P<layers>[\w, ]+)\)",
        "layers ({layers}) find no variables at their paths in the weights file",
        certainty="likely",
    ),
    Saying(
        r"Layer '(?P<layer>[\w./]+)' was never built and thus it doesn't have any variables",
        (
            "layer {layer} was not built when its weights were loaded: give it a build() method, or call the "
            "model once first"
        ),
    ),
    Saying(
        r"[Uu]nable to (?:synchronously )?open object \(object '(?P<part>vars|layers"
        r"|_layer_checkpoint_dependencies)' doesn't exist\)",
        "the weights file has no `{part}` where this model keeps the variables of a layer",
        certainty="likely",
    ),
)


_WITH_WEIGHTS = (
    "Dense", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "Embedding", "LSTM",
    "GRU", "SimpleRNN", "Bidirectional",
)  # fmt: skip


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the layers that always have weights and for which the archive has none, under any spelling of the path."""
    found = subject.view(keras_file)
    if found is None or found.archive is None or subject.model is None:
        return
    net: Config = found.config
    if not is_object(found.config):
        return
    if not (is_functional(net) or net["class_name"] == "Sequential"):
        return
    names = [
        spec.name.replace("\\", "/").replace("_layer_checkpoint_dependencies", "layers")
        for spec in subject.model.tensors.specs
    ]
    if not subject.model.tensors.specs:
        return
    paths = layer_paths(net)
    lacking = [
        (layer["class_name"], name_of(layer))
        for layer in children(net)
        if layer["class_name"] in _WITH_WEIGHTS and is_stock(layer["class_name"], text(layer.get("module")))
        if not any(name.startswith(f"{paths[name_of(layer)]}/") for name in names)
    ]
    if lacking:
        kind, name = lacking[0]
        more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
        fact = f"the archive has no weights for {kind} {name}{more}: they were never saved, or lie under another path"
        yield FAULT.finding(
            fact, Evidence(f"{subject.source}: model.weights.h5", "no variables", f"{paths[name]}/vars/0")
        )
