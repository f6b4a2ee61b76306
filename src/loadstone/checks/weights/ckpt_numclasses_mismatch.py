"""The checkpoint has another number of classes than the model that is to take it.

What is seen

    `Assign requires shapes of both tensors to match. lhs shape= [2048,12] rhs shape= [2048,8]` for a box or class head,
    or `Received incompatible tensor with shape (1, 1, 256, 546)`. Every other variable fits.

Why

    Class heads are as wide as there are classes: 4 box values for each class, or anchors · (classes + background). The
    configuration states another number than the one the weights were trained with. Or it asks for a background column
    that they have not: EfficientDets are trained with `add_background_class: false`, and true is what holds where
    nothing is written.

Remedy

    Set `num_classes` to what the checkpoint has. Or keep the number and let the head be made anew: fine-tune with
    `fine_tune_checkpoint_type: "detection"` in an empty `model_dir`, or write a checkpoint with a head of that size.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.background import background_findings
from loadstone.checks.views.class_arithmetic import COUNTS, classes_of
from loadstone.checks.views.fit import fits
from loadstone.checks.views.fit_findings import class_findings
from loadstone.checks.views.shape_errors import ShapeError, shape_errors
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "ckpt-numclasses-mismatch",
    "error",
    help="set num_classes to what the checkpoint has: loadstone fix pipeline.config --to CHECKPOINT",
    repair="set-classes",
)

TEXTS = (
    Saying(
        r"_CHECKPOINTABLE_OBJECT_GRAPH\W+not found in checkpoint",
        "this is the second exception: the first, about a shape or a name, is the cause; most often another number of "
        "classes",
        certainty="possible",
        echo=True,
        help="look for the exception above it, and compare: loadstone check CHECKPOINT --config pipeline.config",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where a checkpoint and its configuration differ in classes."""
    for fit in fits(subject):
        yield from class_findings(FAULT, fit)
        yield from background_findings(FAULT, fit)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for the heads whose shapes tell two numbers of classes."""
    if "will not be initialized from the checkpoint" in error.text:
        return
    for one in shape_errors(error.text):
        found = classes_of(one.name, one.model, one.file) if one.origin in ("tf1", "tf2") else None
        if not one.name and one.origin in ("tf1", "tf2"):
            yield from _unnamed(one)
        if found is not None and found.model != found.file:
            counts = f"the checkpoint has {found.file:,} {found.unit}, the model {found.model:,}"
            fact = f"{counts}: {one.name or 'the layer'} has {found.rule}"
            shown = Evidence(f"line {one.line} of the text", f"{list(one.file)}", f"{list(one.model)}")
            if found.unit == "classes":
                yield FAULT.finding(fact, shown, help=_remedy(found.file), certainty="proved")
            else:
                yield FAULT.finding(fact, shown, certainty="likely")


def _unnamed(one: ShapeError) -> Iterator[Finding]:
    """A message without a name: outputs that make a usual number of classes tell a head."""
    found = classes_of("ClassPredictor", one.model, one.file)
    if found is not None and {found.file, found.model} & set(COUNTS):
        fact = f"the checkpoint has {found.file:,} classes, the model {found.model:,}, if these are {found.rule}"
        shown = Evidence(f"line {one.line} of the text", f"{list(one.file)}", f"{list(one.model)}")
        yield FAULT.finding(fact, shown, help=_remedy(found.file), certainty="likely")


def _remedy(classes: int) -> str:
    return (
        f"set num_classes: {classes}, or keep yours and train into an empty model_dir with "
        'fine_tune_checkpoint_type: "detection"'
    )
