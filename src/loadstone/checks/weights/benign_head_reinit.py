"""A head has another size than in the checkpoint and is made anew: as it should be in fine-tuning.

What is seen

    `Variable [...] is available in checkpoint, but has an incompatible shape with model variable. ... This
    variable will not be initialized from the checkpoint.`

Why

    The class and box heads depend on the number of classes. With another number they start from nothing, and everything
    else from the checkpoint.

Remedy

    Nothing to do. It matters only where the names are not those of heads, or where training is meant to go on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadstone.checks.error_text import ErrorText
from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.checks.views.fit_findings import head_findings
from loadstone.checks.views.scopes import HARMLESS, HEADS, part_of
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault("benign-head-reinit", "info", help="nothing to do: heads of another size are made anew")

_VARIABLE = re.compile(
    r"Variable \[(?P<name>[^\]]+)\] is available in checkpoint, but has an incompatible shape with model variable\. "
    r"Checkpoint shape: \[+(?P<file>[^\]]*)\]+, model variable shape: \[+(?P<model>[^\]]*)\]+"
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield a word on heads that fine-tuning makes anew."""
    for fit in fits(subject):
        yield from head_findings(FAULT, fit)


def from_text(error: ErrorText) -> Iterator[Finding]:
    """Yield one finding for all variables that are said to be made anew."""
    found = list(_VARIABLE.finditer(error.text))
    if not found:
        return
    names = [one["name"] for one in found]
    bases = [name.partition("/ExponentialMovingAverage")[0].rpartition("/RMSProp")[0] or name for name in names]
    inner = [name for name in bases if part_of(name) not in HEADS | HARMLESS | {"head tower", "proposal head"}]
    evidence = [
        Evidence(f"line {error.line_of(one.start())} of the text", f"[{one['file']}]", f"[{one['model']}]")
        for one in found[:3]
    ]
    if inner:
        fact = f"variables that are no heads are not taken from the checkpoint, {inner[0]} first"
        yield FAULT.finding(
            fact, *evidence, severity="warning", certainty="likely", help="use the checkpoint of this very architecture"
        )
        return
    fact = f"{len(found):,} variables of heads have another size in the checkpoint and are made anew, as in fine-tuning"
    yield FAULT.finding(fact, *evidence)
