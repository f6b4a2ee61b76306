"""Moving averages of variables are left out; the variables themselves stay as they are.

Only on request: averages are no fault, and evaluation may want them.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import AVERAGE, checkpoint_of, plan_copy, write

ON_REQUEST = True
_SLOT = "/average/.ATTRIBUTES/VARIABLE_VALUE"


def plan(subject: Subject) -> Plan | None:
    """Return the averages that go; None where there are none."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    averages = [spec for spec in found[2].tensors.specs if spec.name.endswith((AVERAGE, _SLOT))]
    edits = [Edit(spec.name, f"{spec.dtype} {spec.shape}", None, "a moving average") for spec in averages]
    return plan_copy("drop-averages", subject, Changes(drop={spec.name for spec in averages}), edits)


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint without averages into the new folder `target`."""
    write(plan, target)
