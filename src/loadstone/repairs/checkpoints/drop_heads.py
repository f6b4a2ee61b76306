"""Box, class, mask and keypoint heads are left out, with their state: what is left is for any number of classes.

Only on request: heads are no fault.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.scopes import HEADS, PARTS
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import checkpoint_of, plan_copy, write

ON_REQUEST = True
_OF_HEADS = [(part, pattern) for part, pattern in PARTS if part in HEADS]


def plan(subject: Subject) -> Plan | None:
    """Return the tensors of heads, their slots and averages included; None where there are none."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    heads: dict[str, str] = {}
    for spec in found[2].tensors.specs:
        part = next((part for part, pattern in _OF_HEADS if pattern.search(spec.name)), "")
        # The first stage's heads know no classes and stay.
        if part and "irst_stage_box_predictor" not in spec.name and "FirstStageBoxPredictor" not in spec.name:
            heads[spec.name] = part
    edits = [Edit(name, part, None, "the head is left out") for name, part in heads.items()]
    return plan_copy("drop-heads", subject, Changes(drop=set(heads)), edits)


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint without heads into the new folder `target`."""
    write(plan, target)
