"""Box, class, mask and keypoint heads are left out, with their state: what is left is for any number of classes.

Only on request: heads are no fault.
"""

from __future__ import annotations

import re
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.scopes import HEADS, part_of
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.repairs.checkpoints._copy import checkpoint_of, plan_copy, write

ON_REQUEST = True
_BEHIND = re.compile(r"/\.OPTIMIZER_SLOT/.*|/(?:Momentum|RMSProp(?:_1)?|Adam(?:_1)?|ExponentialMovingAverage)$")
"""What stands behind a variable's name in the name of its slot or average: both go with it."""


def plan(subject: Subject) -> Plan | None:
    """Return the tensors of heads, their slots and averages included; None where there are none."""
    found = checkpoint_of(subject)
    if found is None:
        return None
    heads: dict[str, str] = {}
    for spec in found[2].tensors.specs:
        if (part := part_of(_BEHIND.sub("", spec.name))) in HEADS:
            heads[spec.name] = part
    edits = [Edit(name, part, None, "the head is left out") for name, part in heads.items()]
    return plan_copy("drop-heads", subject, Changes(drop=set(heads)), edits)


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint without heads into the new folder `target`."""
    write(plan, target)
