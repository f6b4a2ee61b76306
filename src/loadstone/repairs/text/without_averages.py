"""`use_moving_averages` in `eval_config` becomes false, for a checkpoint that has no averages."""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.fit import fits
from loadstone.errors import FormatError
from loadstone.facts.plan import Plan
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import set_field


def plan(subject: Subject) -> Plan | None:
    """Return the changed line; None where averages are not asked for, or are there."""
    text = text_of(subject)
    if text is None:
        return None
    for fit in fits(subject):
        try:
            message = text.root.message("eval_config")
            if not message.flag("use_moving_averages") or fit.averages or not fit.is_checkpoint:
                continue
        except FormatError:
            continue
        edit = set_field(message, "use_moving_averages", b"false")
        return plan_edits("without-averages", text, [edit] if edit else [], ("ckpt-missing-ema",))
    return None


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration to `target`."""
    write(plan, target)
