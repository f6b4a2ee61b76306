"""Findings as SARIF 2.1.0 (OASIS), the form that code-review sites and editors show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from loadstone.facts.finding import CheckReport, Evidence, Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
"""Our severities → SARIF's levels."""


def sarif_document(reports: Iterable[CheckReport]) -> dict[str, Any]:
    """Return one SARIF log with one run: a rule for each fault that was met, a result for each finding."""
    given = list(reports)
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for report in given:
        for finding in report.findings:
            rules.setdefault(finding.fault, _rule(finding))
            results.append(_result(finding, report.source))
    notes = [_notification(failure.message, failure.where) for report in given for failure in report.errors]
    driver = {"name": "loadstone", "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "results": results,
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    return {"id": finding.fault, "help": {"text": finding.help or finding.fact}}


def _result(finding: Finding, source: str) -> dict[str, Any]:
    words = [finding.fact]
    words += [f"expected {evidence.expected}" for evidence in finding.evidence if evidence.expected]
    words += [finding.help] if finding.help else []
    places = [_location(evidence, source) for evidence in finding.evidence] or [_artifact(source, None)]
    return {
        "ruleId": finding.fault,
        "level": LEVELS[finding.severity],
        "message": {"text": ". ".join(words)},
        "locations": places[:1],
        "relatedLocations": places[1:],
    }


def _location(evidence: Evidence, source: str) -> dict[str, Any]:
    path, line, column = _place(evidence.where)
    region = {"startLine": line, **({"startColumn": column} if column else {})} if line else None
    location = _artifact(path if line else source, region)
    if evidence.where and not line:
        location["logicalLocations"] = [{"fullyQualifiedName": evidence.where}]
    return location


def _place(where: str) -> tuple[str, int, int]:
    """Return (path, line, column) of `path:12:3`; zeros where the place has no line."""
    path, _, last = where.rpartition(":")
    before, _, middle = path.rpartition(":")
    if before and middle.isdecimal() and last.isdecimal():
        return before, int(middle), int(last)
    return (path, int(last), 0) if path and last.isdecimal() else (where, 0, 0)


def _artifact(path: str, region: dict[str, Any] | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if region:
        physical["region"] = region
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.replace("\\", "/"))


def _notification(message: str, where: str) -> dict[str, Any]:
    return {"level": "error", "message": {"text": message}, "locations": [_artifact(where, None)]}
