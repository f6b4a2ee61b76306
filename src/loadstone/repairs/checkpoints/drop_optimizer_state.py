"""The optimizer's state is left out: the checkpoint is smaller, and a training that resumes it begins with a new one.

Only on request: the state is no fault.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import AVERAGE, checkpoint_of, plan_copy, write

ON_REQUEST = True


def plan(subject: Subject) -> Plan | None:
    """Return the tensors that go; None where there are none. Moving averages stay: they are weights of their own."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    state = [spec for spec in found[2].tensors.specs if spec.role == "optimizer" and not spec.name.endswith(AVERAGE)]
    edits = [Edit(spec.name, f"{spec.dtype} {spec.shape}", None, "state of the optimizer") for spec in state]
    return plan_copy("drop-optimizer-state", subject, Changes(drop={spec.name for spec in state}), edits)


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint without the state into the new folder `target`."""
    write(plan, target)
