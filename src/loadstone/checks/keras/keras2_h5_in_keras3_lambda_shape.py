"""A Lambda of Keras 2 does not say the shape of its output, and Keras 3 cannot work it out.

What is seen

    `We could not automatically infer the shape of the Lambda's output. Please specify the output_shape argument
    for this Lambda layer.`

Why

    Keras 2 ran the function to find the shape. Keras 3 runs it on its own symbolic tensors, which functions of
    TensorFlow do not take.

Remedy

    Give `output_shape` where the model is built in code, or write the function with `keras.ops`. A Lambda that
    is plain arithmetic `loadstone fix FILE` replaces by stock layers.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import in_targets_words, keras_file, target_for
from loadstone.dialects.tree import layers_in, name_of, own
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.keras.keras_layers import is_object

FAULT = Fault(
    "keras2-h5-in-keras3-lambda-shape",
    "warning",
    help="give the Lambda its output_shape in code, or write its function with keras.ops",
)

TEXTS = (
    Saying(
        r"(?:We could not|could not) automatically infer the (?:output )?shape of (?:the|this|a) Lambda",
        "a Lambda layer states no output_shape, and its function does not run on Keras 3's symbolic tensors",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the Lambdas that hold code and state no shape, where Keras 3 is to load a file of Keras 2."""
    found, made = subject.view(keras_file), subject.view(in_targets_words)
    if found is None or made is None or target_for(subject).family != "keras3" or found.keras.startswith("3."):
        return
    if not is_object(made.config):
        return
    open_ones = [
        name_of(layer)
        for layer, _ in layers_in(dict(made.config))
        if layer["class_name"] == "Lambda" and own(layer).get("output_shape") is None
    ]
    if open_ones:
        fact = f"Lambda {open_ones[0]}{_more(open_ones)} states no output_shape; Keras 3 may not find it by itself"
        place = f"{subject.source}: {found.place}"
        yield FAULT.finding(
            fact, Evidence(f"{place}: {open_ones[0]}", "output_shape: null", "a shape"), severity="info"
        )


def _more(names: list[str]) -> str:
    return f" (and {len(names) - 1} more)" if len(names) > 1 else ""
