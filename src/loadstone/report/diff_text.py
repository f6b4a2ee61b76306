"""`loadstone diff` on a terminal and as JSON: one line a difference, the largest first."""

from __future__ import annotations

from typing import Any

from loadstone.facts.difference import ASPECTS, Changed, Difference

MANY = 15
"""Differences of one aspect beyond this number are counted, not shown; --json shows all."""

SCHEMA_VERSION = 1
HEADS = {
    "structure": "structure",
    "shape": "shapes",
    "configuration": "configuration",
    "value": "values, largest difference first",
}


def diff_text(found: Difference) -> str:
    """Return a comparison as text, without a final newline."""
    lines = [f"- {found.left}", f"+ {found.right}"]
    for aspect in ASPECTS:
        changes = found.of(aspect)
        if changes:
            lines += ["", f"{HEADS[aspect]} ({len(changes):,})"]
            lines += [_line(change) for change in changes[:MANY]]
        if len(changes) > MANY:
            lines.append(f"  … and {len(changes) - MANY:,} more; --json shows all")
    lines += ["", _end(found)]
    lines += [f"not compared  {reason}" for reason in found.unseen[:MANY]]
    return "\n".join(lines)


def _line(change: Changed) -> str:
    reason = f"   ({change.reason})" if change.reason else ""
    if change.aspect == "value":
        return f"  {change.name}   {change.right}{reason}"
    if not change.left:
        return f"  + {change.name}   {change.right}{reason}"
    if not change.right:
        return f"  - {change.name}   {change.left}{reason}"
    return f"  {change.name}   {change.left} → {change.right}{reason}"


def _end(found: Difference) -> str:
    what = {"models": "tensors", "configurations": "values", "environments": "facts"}[found.kind]
    same = f"{found.same:,} {what} are the same" if found.same else ""
    if not found.changes:
        return f"no difference{f': {same}' if same else ''}"
    return f"{len(found.changes):,} difference{'s' if len(found.changes) > 1 else ''}{f'; {same}' if same else ''}"


def diff_document(found: Difference) -> dict[str, Any]:
    """Return the comparison as plain JSON values; an infinite size is the text `inf`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "left": found.left,
        "right": found.right,
        "kind": found.kind,
        "same": found.same,
        "changes": [
            {
                "aspect": change.aspect,
                "name": change.name,
                "left": change.left or None,
                "right": change.right or None,
                "size": change.size if change.size != float("inf") else "inf",
                "reason": change.reason or None,
            }
            for change in found.changes
        ],
        "not_compared": list(found.unseen),
    }
