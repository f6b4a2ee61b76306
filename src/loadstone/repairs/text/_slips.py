"""Slips of a text as a plan, and the writing of the text: every byte that no slip names stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import ConfigText, own_text
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Grade, Plan
from loadstone.wire.textslip import Slip, SlipKind, lines_of, mended


def text_of(subject: Subject) -> ConfigText | None:
    """Return the subject as a configuration or label map; None where it is none, or cannot be read as one."""
    try:
        return own_text(subject)
    except LoadstoneError:
        return None


def plan_slips(repair: str, subject: Subject, kinds: Sequence[SlipKind], faults: Sequence[str]) -> Plan | None:
    """Return the plan that mends the slips of these kinds: the sure ones, or where there are none, the others."""
    text = text_of(subject)
    if text is None:
        return None
    found = [slip for slip in text.read.slips if slip.kind in kinds and slip.replacement is not None]
    sure = [slip for slip in found if slip.sure]
    return plan_edits(repair, text, sure or found, faults, "safe" if sure else "ask")


def plan_edits(
    repair: str, text: ConfigText, slips: Sequence[Slip], faults: Sequence[str], grade: Grade = "safe"
) -> Plan | None:
    """Return the plan that makes these edits in a text; None where there are none."""
    if not slips:
        return None
    edits = tuple(_edit(text, slip, slips) for slip in slips)
    return Plan(repair, text.path, edits, grade, tuple(faults), details=mended(text.read.data, slips))


def _edit(text: ConfigText, slip: Slip, slips: Iterable[Slip]) -> Edit:
    before, after = lines_of(text.read.data, slip, slips)
    return Edit(text.where(slip.at), before, after, slip.fact)


def write(plan: Plan, target: Path) -> None:
    """Write the mended text."""
    target.write_bytes(plan.details)
