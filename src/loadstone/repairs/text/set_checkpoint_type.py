"""`fine_tune_checkpoint_type` becomes what the checkpoint holds: `detection` for a detector's."""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.checks.weights.ckpt_type_mismatch import holds
from loadstone.facts.plan import Plan
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import set_field


def plan(subject: Subject) -> Plan | None:
    """Return the changed or added line; None where the type is right, or the checkpoint does not tell."""
    text = text_of(subject)
    if text is None or "train_config" not in text.root:
        return None
    for fit in fits(subject):
        kind, train = holds(fit), text.root.message("train_config")
        if not kind or not fit.fine_tuning or (fit.kind_of_start == "full" and kind == "detection"):
            continue
        if fit.kind_of_start == kind:
            continue
        token = f'"{kind}"'.encode()
        edit = set_field(train, "fine_tune_checkpoint_type", token, after="fine_tune_checkpoint")
        return plan_edits("set-checkpoint-type", text, [edit] if edit else [], ("ckpt-type-mismatch",))
    return None


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration to `target`."""
    write(plan, target)
