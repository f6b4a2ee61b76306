"""The ids of a label map are counted from 1: every id rises by as much as the lowest lies below 1.

Records that were made with the old ids hold them still, so a person decides.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.label_items import items_of
from loadstone.facts.plan import Plan
from loadstone.formats.detection.schema import LABELS
from loadstone.repairs.text._slips import plan_edits, text_of, write
from loadstone.wire.textedit import set_field
from loadstone.wire.textslip import Slip


def plan(subject: Subject) -> Plan | None:
    """Return the new ids; None where all are 1 or more, or the 0 is the background's."""
    text = text_of(subject)
    if text is None or text.kind != LABELS:
        return None
    items = items_of(text)
    lowest = min((item.number or 0 for item in items), default=1)
    wrong = [item for item in items if (item.number or 0) < 1]
    if lowest >= 1 or all("background" in (item.name, item.display) for item in wrong):
        return None
    edits: list[Slip] = []
    for message, item in zip(text.root.messages("item"), items, strict=False):
        edit = set_field(message, "id", str((item.number or 0) + 1 - lowest).encode())
        edits += [edit] if edit else []
    return plan_edits("count-labels-from-one", text, edits, ("labelmap-id-zero",), "ask")


def apply(plan: Plan, target: Path) -> None:
    """Write the label map with its new ids to `target`."""
    write(plan, target)
