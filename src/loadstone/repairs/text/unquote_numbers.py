"""Numbers, words and truth values lose their quotes.

The rest of the file stays as it is, byte for byte, its comments and its layout included.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Plan
from loadstone.repairs.text._slips import plan_slips, write


def plan(subject: Subject) -> Plan | None:
    """Return the edits; None where the text has no such slip."""
    return plan_slips("unquote-numbers", subject, ("quoted-value",), ("labelmap-id-quoted",))


def apply(plan: Plan, target: Path) -> None:
    """Write the mended text to `target`."""
    write(plan, target)
