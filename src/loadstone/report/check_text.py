"""`loadstone check`, `explain` and `fix` on a terminal: one block a finding, the gravest first, one screen."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.facts.finding import CheckReport, Evidence, Finding
from loadstone.facts.plan import Fixed, Plan

MANY = 12
"""Findings, pieces of evidence and edits beyond this number are counted, not shown; --json shows all."""


def check_text(report: CheckReport) -> str:
    """Return an examination as text, without a final newline; one line where all is well."""
    lines: list[str] = []
    for finding in report.findings[:MANY]:
        lines += finding_lines(finding)
    if len(report.findings) > MANY:
        lines.append(f"… and {len(report.findings) - MANY:,} more findings; --json shows all")
    for failure in report.errors:
        lines.append(f"unreadable {failure.where}: {failure.message}")
        if failure.help:
            lines.append(_row("help", failure.help))
    lines += _not_examined(report)
    if not report.findings and not report.errors:
        against = f" for {report.against}" if report.against else ""
        lines.insert(0, f"ok     {report.source}: nothing found{against}")
    return "\n".join(lines)


def _not_examined(report: CheckReport) -> Iterator[str]:
    for unseen in report.not_examined[:MANY]:
        yield f"not examined  {unseen.where}: {unseen.reason}"
    if len(report.not_examined) > MANY:
        yield f"not examined  … and {len(report.not_examined) - MANY:,} more"


def finding_lines(finding: Finding) -> list[str]:
    """Return one finding: its head, its evidence, and what to do."""
    sure = "" if finding.certainty == "proved" else f" ({finding.certainty})"
    lines = [f"{finding.severity:<8} {finding.fault}   {finding.fact}{sure}"]
    for evidence in finding.evidence[:MANY]:
        lines += _evidence(evidence)
    if len(finding.evidence) > MANY:
        lines.append(_row("", f"… and {len(finding.evidence) - MANY:,} more"))
    if finding.help:
        lines.append(_row("help", finding.help))
    return lines


def _evidence(evidence: Evidence) -> Iterator[str]:
    place = f"   {evidence.where}" if evidence.where else ""
    if evidence.found:
        yield _row("found", f"{evidence.found}{place}")
        place = ""
    if evidence.expected:
        yield _row("expected", f"{evidence.expected}{place}")
        place = ""
    if place:
        yield _row("at", place.strip())


def _row(label: str, text: str) -> str:
    return f"       {label:<9} {text}"


def plan_lines(plan: Plan) -> list[str]:
    """Return one plan: its repair, its grade, and each edit as before → after."""
    lines = [f"{plan.grade:<9} {plan.repair}   {len(plan.edits):,} edit{'' if len(plan.edits) == 1 else 's'}"]
    for edit in plan.edits[:MANY]:
        lines.append(_row("at", f"{edit.where}{f'   {edit.reason}' if edit.reason else ''}"))
        if edit.before is not None:
            lines.append(_row("-", edit.before))
        if edit.after is not None:
            lines.append(_row("+", edit.after))
    if len(plan.edits) > MANY:
        lines.append(_row("", f"… and {len(plan.edits) - MANY:,} more edits; --json shows all"))
    return lines


def fixed_text(fixed: Fixed) -> str:
    """Return what `fix` did, and what is left."""
    lines: list[str] = []
    for plan in fixed.applied:
        lines += plan_lines(plan)
    for plan in fixed.left:
        lines += plan_lines(plan)
        if plan.grade == "ask":
            lines.append(_row("help", f"loadstone fix {fixed.source} --only {plan.repair}   applies it"))
    if fixed.output is not None:
        lines.append(f"wrote     {fixed.output}")
    elif not lines:
        lines.append(f"nothing   {fixed.source}: there is nothing that a repair here could mend")
    for finding in fixed.remaining:
        lines += finding_lines(finding)
    return "\n".join(lines)
