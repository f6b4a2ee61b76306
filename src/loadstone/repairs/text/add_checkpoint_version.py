"""`fine_tune_checkpoint_version: V2` is written into `train_config`, which the TF2 trainer asks for."""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.odapi import is_tf2
from loadstone.errors import FormatError
from loadstone.facts.plan import Plan
from loadstone.formats.detection.schema import PIPELINE
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import set_field

FIELD = "fine_tune_checkpoint_version"


def plan(subject: Subject) -> Plan | None:
    """Return the added or changed line; None for a TF1 configuration, and where it starts from no checkpoint."""
    text = text_of(subject)
    if text is None or text.kind != PIPELINE or not is_tf2(text.root):
        return None
    try:
        train = text.root.message("train_config")
        if not train.text("fine_tune_checkpoint") or train.word(FIELD) in ("V2", "2"):
            return None
    except FormatError:
        return None
    edit = set_field(train, FIELD, b"V2", after="fine_tune_checkpoint")
    return plan_edits("add-checkpoint-version", text, [edit] if edit else [], ("config-ckpt-version-missing",))


def apply(plan: Plan, target: Path) -> None:
    """Write the configuration with its version to `target`."""
    write(plan, target)
