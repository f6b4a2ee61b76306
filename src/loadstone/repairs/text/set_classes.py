"""`num_classes`, or the background column, becomes what the checkpoint has, where everything else fits."""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.background import FIELD as BACKGROUND
from loadstone.checks.views.background import asks_for_background, background_differs
from loadstone.checks.views.fit import Fit, fits
from loadstone.checks.views.fit_findings import classes_differ, other_architecture
from loadstone.facts.plan import Grade, Plan
from loadstone.formats.detection.config import architecture
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import set_field


def plan(subject: Subject) -> Plan | None:
    """Return the new number: at once where the user named the checkpoint, else for a person to decide."""
    text = text_of(subject)
    if text is None:
        return None
    for fit in fits(subject):
        inner = architecture(text.root)
        if inner is None or other_architecture(fit) or fit.of_two_generations:
            continue
        if not classes_differ(fit) and not background_differs(fit):
            continue
        if fit.fine_tuning and fit.kind_of_start != "full":
            continue
        edit = set_field(inner, *_wanted(fit))
        grade: Grade = "safe" if subject.to is not None else "ask"
        return plan_edits("set-classes", text, [edit] if edit else [], ("ckpt-numclasses-mismatch",), grade)
    return None


def _wanted(fit: Fit) -> tuple[str, bytes]:
    """Return the field that is to change, and its value: the number of classes, or the background beside them."""
    if background_differs(fit):
        return BACKGROUND, b"false" if asks_for_background(fit) else b"true"
    return "num_classes", str(fit.shown.num_classes).encode()


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration with its new number to `target`."""
    write(plan, target)
