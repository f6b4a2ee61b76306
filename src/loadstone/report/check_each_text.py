"""`loadstone check FOLDER --each` on a terminal: what is wrong, model by model, and one line over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from loadstone.facts.finding import CheckReport
from loadstone.report.check_json import SCHEMA_VERSION, check_document
from loadstone.report.check_text import finding_lines
from loadstone.report.plain import plain

MANY = 40
"""Models beyond this number are counted by fault, not shown; --json shows all."""


def each_text(reports: Sequence[CheckReport]) -> str:
    """Return the reports as text, without a final newline: findings above `info` only, the gravest models first."""
    told = [report for report in reports if _is_told(report)]
    told.sort(key=lambda report: (report.worst != "error", report.source))
    lines: list[str] = []
    for report in told[:MANY]:
        lines += _one(report)
    if len(told) > MANY:
        lines.append(f"… and {len(told) - MANY:,} more models; --json shows all")
    return "\n".join([*lines, *_summary(reports)])


def _is_told(report: CheckReport) -> bool:
    return bool(report.errors) or any(finding.severity != "info" for finding in report.findings)


def _one(report: CheckReport) -> Iterator[str]:
    yield plain(report.source)
    for finding in report.findings:
        if finding.severity != "info":
            first, *rest = finding_lines(finding)
            yield f"  {first}"
            yield from rest[-1:] if finding.help else ()
    for failure in report.errors:
        yield plain(f"  unreadable {failure.message}")


def _summary(reports: Sequence[CheckReport]) -> Iterator[str]:
    counts = summary(reports)
    words = [f"{counts[key]:,} {key}" for key in ("error", "warning", "ok", "unreadable") if counts[key]]
    against = f" for {reports[0].against}" if reports and reports[0].against else ""
    yield f"{len(reports):,} model{'' if len(reports) == 1 else 's'}{against}: {', '.join(words) or 'none'}"
    faults = Counter(
        fault for report in reports for fault in {one.fault for one in report.findings if one.severity != "info"}
    )
    for fault, times in faults.most_common(12):
        yield f"  {times:>5,}  {fault}"
    unseen = sum(len(report.not_examined) for report in reports)
    if unseen:
        yield f"  {unseen:>5,}  things not examined; --json names them"


def summary(reports: Sequence[CheckReport]) -> dict[str, int]:
    """Return how many models have an error, else a warning, are unreadable, or ok."""
    counts = dict.fromkeys(("error", "warning", "ok", "unreadable"), 0)
    for report in reports:
        severities = {finding.severity for finding in report.findings}
        worst = "error" if "error" in severities else "unreadable" if report.errors else ""
        counts[worst or ("warning" if "warning" in severities else "ok")] += 1
    return counts


def each_document(reports: Sequence[CheckReport]) -> dict[str, Any]:
    """Return the JSON document: a summary and every report."""
    return {
        "schema_version": SCHEMA_VERSION,
        "summary": summary(reports),
        "reports": [check_document(report) for report in reports],
    }
