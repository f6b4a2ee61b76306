"""The weights file has another number of layers than the model.

What is seen

    `You are trying to load a weight file containing 16 layers into a model with 19 layers.`, or `Layer count
    mismatch when loading weights from file. Model expected 49 layers, found 18 saved layers.`

Why

    Loading goes by order, and pairs layers with weights one by one. The file belongs to another network, to one with or
    without its top, to another revision of the code; or the model has not been built yet (0 layers).

Remedy

    Build the network of the file (mind `include_top`), or load what has the same name:
    `load_weights(path, by_name=True)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.layer_shapes import layer_weights
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-layer-count-mismatch",
    "error",
    help="build the network that the file was saved from (mind include_top), or load_weights(path, by_name=True)",
)

_COUNTS = (
    re.compile(
        r"trying to load a weight(?:s)? file containing (?P<file>\d+) layers? into a model with (?P<model>\d+) layers?"
    ),
    re.compile(r"Model expected (?P<model>\d+) layers?, found (?P<file>\d+) saved layers?"),
)
WITH_TOP = {(13, 16), (13, 19), (16, 19), (16, 22), (13, 23)}
"""VGG16 and VGG19 have 13 and 16 convolutions, and three more layers with their top; input and pooling are not counted
by newer versions."""


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where layers of the configuration have no tensors in the file, while others have."""
    layers = layer_weights(subject)
    bare = [layer for layer in layers if not layer.found]
    if not bare or len(bare) == len(layers):
        return
    fact = f"{len(bare):,} of the {len(layers):,} layers with weights have none in the file: {bare[0].name} first"
    shown = [
        Evidence(f"{subject.source}: {layer.name}", "no tensors", f"{len(layer.expected)} tensors") for layer in bare
    ]
    yield FAULT.finding(fact, *shown)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding with both counts, and what their difference says."""
    for pattern in _COUNTS:
        for found in pattern.finditer(error.text):
            file, model = int(found["file"]), int(found["model"])
            if model == 0:
                # A model without an input shape has no layers with weights yet.
                continue
            line = error.line_of(found.start())
            fact = f"the file has the weights of {file:,} layers, and the model {model:,} layers with weights"
            yield FAULT.finding(f"{fact}{_reading(file, model)}", Evidence(f"line {line} of the text", found[0]))
            return


def _reading(file: int, model: int) -> str:
    if (file, model) in WITH_TOP or model - file == 3:
        return "; three more is what a VGG's top has: the file may be one without top"
    if (model, file) in WITH_TOP or file - model == 3:
        return "; three fewer is what a VGG without its top has"
    if file - model == 1:
        return "; one more may be the top of a classifier, which include_top=False leaves out"
    return ""
