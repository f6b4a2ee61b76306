"""State of the optimizer is left in the checkpoint: harmless where a model is only run.

What is seen

    `Unresolved object in checkpoint: (root).optimizer's state 'momentum' for (root).model...`, and `A checkpoint was
    restored ... but not all checkpointed values were used`.

Why

    A training saves its optimizer with the model. Evaluation and export build no optimizer, so its slots find no place.

Remedy

    Nothing to do; `expect_partial()` silences it. Lines that name `(root).model` without `optimizer's state` matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "benign-optimizer-state", "info", help="nothing to do: only training uses it; expect_partial() silences it"
)

_MATTERS = (
    r"^(?![^\n]*optimizer's state)[^\n]*\(root\)\."
    r"(?!_?optimizer|save_counter|global_step|step\b|keras_api)\w+(?:\.\w+)*\s*$"
)
"""A line that names an object of the model itself, which is then not restored."""

TEXTS = (
    Saying(
        r"Variable \[(?P<name>[^\]]+/(?:Momentum|RMSProp(?:_1)?|Adam(?:_1)?|ExponentialMovingAverage))"
        r"\] is not available"
        r" in checkpoint",
        "state of the optimizer ({name}) is not in the checkpoint and begins anew, as in fine-tuning",
        unless=(r"Variable \[(?:(?!/Momentum|/RMSProp|/Adam|/Exponential)[^\]])+\] is (?:not available|available)",),
    ),
    Saying(
        r"(?:Unresolved object in checkpoint:? ?|Value in checkpoint could not be found in the restored object:? ?)"
        r"\(root\)\.(?:_?optimizer|optimizer)(?:'s state '(?P<slot>\w+)')?",
        "state of the optimizer is not used, which a model that is only run does not need",
        unless=(_MATTERS,),
    ),
    Saying(
        r"Skipping variable loading for optimizer '(?P<name>\w+)', because it has (?P<here>\d+) variables"
        r"|Error in loading the saved optimizer state",
        "state of the optimizer is not used and begins anew, which a model that is only run does not need",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a word on the optimizer's state of a checkpoint that is compared with a configuration."""
    for fit in fits(subject):
        state = [spec for spec in fit.model.tensors.specs if spec.role == "optimizer"]
        if state:
            size = sum(spec.nbytes for spec in state)
            fact = f"{len(state):,} tensors ({size:,} bytes) are the optimizer's state, which only training uses"
            yield FAULT.finding(fact, Evidence(fit.source, state[0].name))
