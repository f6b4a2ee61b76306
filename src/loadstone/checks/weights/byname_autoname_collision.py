"""Weights are loaded by name, and names that Keras made up by counting pair the wrong layers.

What is seen

    `Shape mismatch in layer #1 (named conv2d_1) for weight conv2d_1/kernel:0. Weight expects shape (3, 3, 32, 32).
    Received saved weight with shape (32, 3, 3, 3)`.

Why

    `conv2d_1` is the second convolution that a process made, whichever model it was for. The file was saved by
    a process that counted from another number, so layer n gets the weights of layer n + 1.

Remedy

    Load by order (`by_name=False`), or start a new process (or `keras.backend.clear_session()`) before building the
    model, or give the layers names.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.views.class_arithmetic import AUTOMATIC, classes_of
from loadstone.checks.views.shape_errors import ShapeError, shape_errors
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "byname-autoname-collision",
    "error",
    help="load by order (by_name=False), or clear_session() before building the model, or name the layers",
)


def is_counted(one: ShapeError) -> bool:
    """Whether a shape error is of a layer that was paired by a name which Keras made up."""
    named = one.layer or one.name.partition("/")[0]
    by_name = one.origin in ("keras-name", "keras-order")
    return by_name and AUTOMATIC.match(named) is not None and classes_of(one.name, one.model, one.file) is None


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for an inner layer with a counted name whose shapes are another layer's."""
    for one in shape_errors(error.text):
        if is_counted(one):
            turned = f" (printed as {one.printed}, turned round)" if one.transposed else ""
            fact = (
                f"the layer {one.layer} of the model has the shape {one.model}, and what the file call"
                f"s so has {one.file}: "
                "counted names pair different layers"
            )
            shown = Evidence(f"line {one.line} of the text", f"{one.file}{turned}", str(one.model))
            yield FAULT.finding(fact, shown, certainty="likely")
            return
