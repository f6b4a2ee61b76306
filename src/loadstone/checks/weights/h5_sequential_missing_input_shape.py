"""A Sequential model was saved without the shape of its input, so that its weights find no layers to fill.

What is seen

    `You are trying to load a weight file containing 8 layers into a model with 0 layers`, or `Weights for
    model sequential have not yet been created`.

Why

    A Sequential model whose first layer states no `input_shape` builds its variables when it first sees data. A loader
    has weights and no data.

Remedy

    State the input shape on the first layer; the first kernel tells its last side. The repair writes it where
    the kernel leaves no doubt.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.first_shape import implied_shape, states_no_input
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-sequential-missing-input-shape",
    "error",
    help="state input_shape on the first layer, build the model (model.build(...)), then load the weights",
    repair="sequential-input-shape",
)

TEXTS = (
    Saying(
        r"trying to load a weight(?:s)? file containing (?P<file>\d+) layers? into a model with 0 layers",
        "the model has no layers with weights yet (the file has {file}): it was not told the shape of its input",
    ),
    Saying(
        r"Model expected 0 layers, found (?P<file>\d+) saved layers",
        "the model has no layers with weights yet (the file has {file}): it was not told the shape of its input",
    ),
    Saying(
        r"Weights for model (?P<name>\S+) have not yet been created",
        "the model {name} has no weights yet: it was not told the shape of its input",
    ),
    Saying(
        r"Unable to load weights saved in HDF5 format into a subclassed Model which has not created its variables yet",
        "the model has no variables yet: call it once before loading its weights",
    ),
    Saying(
        r"The first layer in a Sequential model must get an `input_shape`",
        "the first layer of the Sequential model states no input shape",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for a whole Sequential file with weights that states no input anywhere."""
    model = subject.model
    if model is None or not len(model.tensors) or not states_no_input(subject):
        return
    first = next((spec for spec in model.tensors.specs if spec.role == "weight"), None)
    if first is None:
        return
    fact = (
        "the Sequential model states no input shape, so that its layers have no variables when the weights are loaded"
    )
    layer = model.layers[0].name if model.layers else "the first layer"
    implied = implied_shape(subject)
    wanted = f"batch_input_shape: {implied}".replace("None", "null") if implied else "batch_input_shape"
    found = Evidence(f"{subject.source}: {layer}", "no batch_input_shape", wanted)
    yield FAULT.finding(fact, found, mended=implied is not None)
