"""The checkpoint is of another architecture than the model that is to take it.

What is seen

    `Key FeatureExtractor/... not found in checkpoint`, `Assign requires shapes of both tensors to match` for an inner
    layer, `assert_existing_objects_matched`, `Nothing except the root object matched a checkpointed value`.

Why

    The names and shapes of the variables that the configuration asks for are not those that the checkpoint holds: it
    was trained with another backbone, neck or head, or its scopes were named otherwise.

Remedy

    Use the configuration that the checkpoint was trained with. `loadstone fix pipeline.config --to CHECKPOINT` writes
    one that fits; where only the scopes have other names, `loadstone fix CHECKPOINT --to pipeline.config` renames them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.class_arithmetic import classes_of
from loadstone.checks.views.fit import fits
from loadstone.checks.views.fit_findings import architecture_findings
from loadstone.checks.views.scopes import part_of
from loadstone.checks.views.shape_errors import shape_errors
from loadstone.facts.finding import Certainty, Evidence, Finding

FAULT = Fault(
    "ckpt-arch-mismatch",
    "error",
    help="use the configuration that the checkpoint was trained with: loadstone fix pipeline.config --to CHECKPOINT",
    repair="fit-config",
)

_STATE = r"ExponentialMovingAverage|(?:act|weights)_quant|_CHECKPOINTABLE_OBJECT_GRAPH"

TEXTS = (
    Saying(
        r"assert_existing_objects_mat\w*",
        "the checkpoint does not hold every object that the configuration builds: another architecture, or another "
        "fine_tune_checkpoint_type than it was written for",
        certainty="likely",
        unless=(r"Received incompatible tensor", r"not an object-based checkpoint"),
    ),
    Saying(
        r"Nothing except the root object matched a checkpointed value",
        "no object of the model is in the checkpoint: it is of another architecture, or saved under another root",
        certainty="likely",
    ),
    Saying(
        r"(?:Found (?P<count>\d+) )?(?:Some )?Python objects (?:that )?were not bound to checkpointed values",
        "objects of the model are not in the checkpoint: it is of another architecture, or was saved "
        "before it was built",
        certainty="possible",
    ),
    Saying(
        r"Unresolved object in checkpoint:? ?\(root\)\.(?!optimizer)(?P<object>(?:model|_model)[\w.]+)",
        "{object} of the checkpoint has no place in the model, which is another one, or was not built yet",
        certainty="likely",
        unless=(r"assert_consumed", r"Value in checkpoint could not be found in the restored object"),
    ),
    Saying(
        r"(?:No checkpointed value for|Object not assigned a value from checkpoint:?) (?P<object>[^\n]{3,80})",
        "the model holds what the checkpoint does not: {object}",
        certainty="likely",
    ),
)

_MISSING = re.compile(
    r"(?:Key (?P<key>[\w./:-]+) not found in checkpoint"
    r"|Tensor name [\\\"']*(?P<tensor>[\w./:-]+)[\\\"']* not found in checkpoint"
    r"|Tensor (?P<reader>[\w./:-]+) is not found in \S+ checkpoint)"
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a finding where names and shapes of a checkpoint are not what its configuration implies."""
    for fit in fits(subject):
        yield from architecture_findings(FAULT, fit)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield a finding for inner layers whose shapes differ, and for variables that the checkpoint lacks."""
    for one in shape_errors(error.text):
        if one.origin not in ("tf1", "tf2") or classes_of(one.name, one.model, one.file) is not None:
            continue
        part = part_of(one.name) if one.name else "layer"
        named = one.name or "a variable"
        fact = f"{named} ({part}) has the shape {list(one.file)} in the checkpoint and {list(one.model)} in the model"
        yield FAULT.finding(
            fact,
            Evidence(f"line {one.line} of the text", str(list(one.file)), str(list(one.model))),
            certainty="likely",
        )
    for found in _MISSING.finditer(error.text):
        name = found["key"] or found["tensor"] or found["reader"]
        if re.search(_STATE, name):
            continue
        line = error.line_of(found.start())
        fact = f"the model has {name} ({part_of(name)}), which the checkpoint does not hold"
        resumed = "Restoring from checkpoint failed" in error.text and not re.search(r"export\w*\.py", error.text)
        certainty: Certainty = "possible" if resumed else "likely"
        yield FAULT.finding(fact, Evidence(f"line {line} of the text", found[0]), certainty=certainty)
        return
