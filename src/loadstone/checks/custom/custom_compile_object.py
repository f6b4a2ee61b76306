"""A loss, metric or optimizer of the author's own is named by the training configuration alone.

What is seen

    `Unknown loss function: focal_loss`, `Unknown optimizer: AdaBeliefOptimizer`, `Unknown metric function:
    F1Score`.

Why

    The file records how the model was trained. To use it, none of that is needed: the layers and weights are
    whole.

Remedy

    `load_model(FILE, compile=False)`, or `loadstone fix FILE`, which takes the training configuration out. To
    train on, pass the object as `custom_objects`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import keras_file
from loadstone.checks.views.keras_told import severity_for
from loadstone.dialects.training3 import custom_in_training
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "custom-compile-object",
    "error",
    help="load_model(FILE, compile=False), or: loadstone fix FILE",
    repair="keras-training-config",
    reference="https://github.com/keras-team/keras/issues/5916",
)

LOSSES = (
    r"\w*(?:loss|dice|iou|jaccard|tversky|focal|metric|recall|precision|f1|fbeta|_coef|_error|accuracy"
    r"|crossentropy|psnr"
    r"|ssim|rmse)\w*"
)
"""What losses and metrics are called: a function of such a name stands in the training configuration."""

TEXTS = (
    Saying(
        r"Unknown (?P<kind>optimizer|loss|metric)(?: function)?: ?\{'class_name': '(?P<name>\w+)'",
        "the {kind} `{name}` is named by the training configuration alone; the model itself is whole",
        help="load_model(FILE, compile=False), or custom_objects={{'{name}': {name}}}",
    ),
    Saying(
        r"Invalid (?P<kind>objective|optimizer|metric): (?P<name>\w+)",
        "the {kind} `{name}` is named by the training configuration alone; the model itself is whole",
        help="load_model(FILE, custom_objects={{'{name}': {name}}})",
    ),
    Saying(
        rf"Could not locate function '(?P<name>{LOSSES})'",
        "the function `{name}`, by its name a loss or metric, is named by the training configuration alone",
        certainty="likely",
        unless=(r"Could not locate function '(?:mse|mae|mape|msle|bce|kld|acc|accuracy)'", r"Lambda"),
        help="load_model(FILE, compile=False), or custom_objects={{'{name}': {name}}}",
    ),
    Saying(
        (
            r"Unknown (?P<kind>optimizer|loss|metric)(?: function)?(?::|',) ?'?:?(?P<name>(?!Custom>|mse\b|mae\b"
            r"|acc\b|accuracy\b)[A-Za-z_](?:[\w>.]*[\w>])?|<lambda>)"
        ),
        "the {kind} `{name}` is named by the training configuration alone; the model itself is whole",
        help="load_model(FILE, compile=False), or custom_objects={{'{name}': {name}}}",
    ),
    Saying(
        (
            r"Could not (?:locate|interpret) (?P<kind>loss|metric"
            r"|optimizer)(?: function)?(?: identifier:)? ?'?(?P<name>(?!identifier\b)\w+)"
        ),
        "the {kind} `{name}` is named by the training configuration alone; the model itself is whole",
    ),
    Saying(
        r"compile_from_config[\s\S]{0,1500}Could not locate (?:function|class) '(?P<name>\w+)'",
        "`{name}` is named by the training configuration alone; the model itself is whole",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the objects that the training configuration alone needs."""
    found = subject.view(keras_file)
    if found is None or found.config is None:
        return
    inside = found.config.get("compile_config") if isinstance(found.config, dict) else None
    training = found.training if found.training is not None else inside
    custom = list(dict.fromkeys(custom_in_training(training)))
    if not custom:
        return
    told = ", ".join(f"{place} `{name}`" for place, name in custom[:8])
    place = f"{subject.source}: {'training_config' if found.container == 'hdf5' else 'compile_config'}"
    evidence = [Evidence(f"{place}: {where}", name, "one of Keras' own") for where, name in custom[:8]]
    fact = f"the training configuration alone needs {told}; the model itself is whole"
    yield FAULT.finding(fact, *evidence, severity=severity_for(subject, FAULT.severity))
