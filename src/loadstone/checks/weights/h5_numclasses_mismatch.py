"""The weights file was trained for another number of classes than the model that is to take it.

What is seen

    `Layer #389 (named "mrcnn_bbox_fc"), weight ... has shape (1024, 88), but the saved weight has shape (1024, 324)`.
    Only the last layers differ, and only in their outputs.

Why

    Class heads are as wide as there are classes: 4 · 81 = 324 box values, 3 · (80 + 5) = 255 outputs of YOLO. For
    convolutions Keras prints the saved shape turned by (3, 2, 0, 1); the arithmetic here undoes that.

Remedy

    Build the model with the number of classes of the file, or load everything but the heads:
    `load_weights(path, by_name=True, skip_mismatch=True)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.class_arithmetic import classes_of
from loadstone.checks.views.layer_shapes import is_last_alone, layer_weights, shape_words
from loadstone.checks.views.shape_errors import shape_errors
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "h5-numclasses-mismatch",
    "error",
    help="build the model with the file's classes, or load_weights(path, by_name=True, skip_mismatch=True)",
)

TEXTS = (
    Saying(
        r"`?include_top=?`?[^\n]{0,60}`?classes`? should be (?P<count>\d+)",
        "the weights have {count} classes, and the model was asked for another number",
        help="take include_top=False and put a head of your own on it, or weights=None",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where the last layer alone has other outputs than the file's own configuration says."""
    if not is_last_alone(subject):
        return
    layer = [one for one in layer_weights(subject) if one.wrong][-1]
    leaf, wanted, found = layer.wrong[0]
    fact = f"{layer.name} has {found[-1]:,} outputs in the file, and the configuration says {wanted[-1]:,}"
    where = f"{subject.source}: {layer.name}/{leaf}"
    yield FAULT.finding(fact, Evidence(where, shape_words(found), shape_words(wanted)))


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for each head whose shapes tell two numbers of classes."""
    for one in shape_errors(error.text):
        if one.origin not in ("keras", "keras-name", "keras-order"):
            continue
        found = classes_of(one.name, one.model, one.file) or classes_of(one.layer, one.model, one.file)
        if found is None or found.model == found.file:
            continue
        turned = f" (printed as {one.printed}, turned round)" if one.transposed else ""
        fact = (
            f"the file has {found.file:,} {found.unit}, the model {found.model:,}: "
            f"{one.name or one.layer or 'the layer'} has {found.rule}"
        )
        shown = Evidence(f"line {one.line} of the text", f"{one.file}{turned}", str(one.model))
        help_text = (
            f"build the model with {found.file:,} classes, or load all but the heads: "
            "load_weights(path, by_name=True, skip_mismatch=True)"
        )
        if found.unit != "classes":
            yield FAULT.finding(fact, shown, certainty="likely")
            continue
        yield FAULT.finding(fact, shown, help=help_text)
