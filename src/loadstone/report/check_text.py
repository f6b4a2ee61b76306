"""`loadstone check`, `explain` and `fix` on a terminal: one block a finding, the gravest first, one screen."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.facts.finding import CheckReport, Finding
from loadstone.facts.plan import Fixed, Plan
from loadstone.report.plain import plain

MANY = 12
"""Findings, pieces of evidence and edits beyond this number are counted, not shown; --json shows all."""


def check_text(report: CheckReport) -> str:
    """Return an examination as text, without a final newline; one line where all is well."""
    lines: list[str] = []
    for finding in report.findings[:MANY]:
        lines += finding_lines(finding, report.source)
    if len(report.findings) > MANY:
        lines.append(f"… and {len(report.findings) - MANY:,} more findings; --json shows all")
    for failure in report.errors:
        lines.append(safe(f"unreadable {failure.where}: {failure.message}"))
        if failure.help:
            lines.append(safe(_row("help", failure.help)))
    lines += _not_examined(report)
    if not report.findings and not report.errors:
        against = f" for {report.against}" if report.against else ""
        lines.insert(0, plain(f"ok     {report.source}: nothing found{against}"))
    return "\n".join(lines)


def _not_examined(report: CheckReport) -> Iterator[str]:
    for unseen in report.not_examined[:MANY]:
        yield safe(f"not examined  {unseen.where}: {unseen.reason}")
    if len(report.not_examined) > MANY:
        yield f"not examined  … and {len(report.not_examined) - MANY:,} more"


def finding_lines(finding: Finding, source: str = "") -> list[str]:
    """Return one finding: its head, its evidence, and what to do. Places inside `source` are told without its name.

    Where the same stands in several places it is told once, with the first and the number of the others.
    """
    sure = "" if finding.certainty == "proved" else f" ({finding.certainty})"
    lines = [f"{finding.severity:<8} {finding.fault}   {finding.fact}{sure}"]
    groups: dict[tuple[str, str], list[str]] = {}
    for evidence in finding.evidence:
        inside = evidence.where.removeprefix(f"{source}: ") if source else evidence.where
        groups.setdefault((evidence.found, evidence.expected), []).append(inside)
    for (found, expected), places in list(groups.items())[:MANY]:
        lines += _evidence(found, expected, _places(places))
    if len(groups) > MANY:
        lines.append(_row("", f"… and {len(groups) - MANY:,} more"))
    if finding.help:
        lines.append(_row("help", finding.help))
    return [safe(line) for line in lines]


def safe(text: str) -> str:
    """Return a text whose lines hold no control character: much of it is a file's own words."""
    return "\n".join(map(plain, text.split("\n")))


def _places(places: list[str]) -> str:
    """Return the first of several places, and how many more there are."""
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1:,} more"


def _evidence(found: str, expected: str, place: str) -> Iterator[str]:
    """Yield the rows of one piece of evidence; the place stands behind the first."""
    rows = [(label, text) for label, text in (("found", found), ("expected", expected)) if text]
    if not rows and place:
        yield _row("at", place)
    for number, (label, text) in enumerate(rows):
        yield _row(label, f"{text}   {place}" if number == 0 and place else text)


def _row(label: str, text: str) -> str:
    return f"       {label:<9} {text}"


def plan_lines(plan: Plan) -> list[str]:
    """Return one plan: its repair, its grade, and each edit as before → after."""
    lines = [f"{plan.grade:<9} {plan.repair}   {len(plan.edits):,} edit{'' if len(plan.edits) == 1 else 's'}"]
    groups: dict[tuple[str | None, str | None, str], list[str]] = {}
    for edit in plan.edits:
        groups.setdefault((edit.before, edit.after, edit.reason), []).append(edit.where)
    for (before, after, reason), places in list(groups.items())[:MANY]:
        lines.append(_row("at", f"{_places(places)}{f'   {reason}' if reason else ''}"))
        if before is not None:
            lines.append(_row("-", before))
        if after is not None:
            lines.append(_row("+", after))
    if len(groups) > MANY:
        lines.append(_row("", f"… and {len(groups) - MANY:,} more kinds of edits; --json shows all"))
    return [safe(line) for line in lines]


def fixed_text(fixed: Fixed, options: str = "") -> str:
    """Return what `fix` did, and what is left; `options` are the command's own, which a second one needs as well."""
    lines: list[str] = []
    for plan in fixed.applied:
        lines += plan_lines(plan)
    for plan in fixed.left:
        lines += plan_lines(plan)
        if plan.grade == "ask":
            if plan.asked:
                lines.append(plain(_row("asks", plan.asked)))
            command = f"loadstone fix {quote(fixed.source)}{options} --only {plan.repair}"
            lines.append(plain(_row("help", f"{command}   applies it")))
    if fixed.output is not None:
        lines.append(plain(f"wrote     {fixed.output}"))
    elif not lines:
        lines.append(plain(f"nothing   {fixed.source}: there is nothing that a repair here could mend"))
    for finding in fixed.remaining:
        lines += finding_lines(finding)
    return "\n".join(lines)
