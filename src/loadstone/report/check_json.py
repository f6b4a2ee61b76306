"""The JSON documents of `check`, `explain` and `fix`. Fields are added within a `schema_version`, never renamed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from loadstone.facts.explanation import Explanation
from loadstone.facts.finding import CheckReport, Finding
from loadstone.facts.plan import Fixed, Plan

SCHEMA_VERSION = 1


def check_document(report: CheckReport) -> dict[str, Any]:
    """Return the document of one examination."""
    return {
        "schema_version": SCHEMA_VERSION,
        "source": report.source,
        "against": report.against,
        "findings": [finding_document(finding) for finding in report.findings],
        "errors": [asdict(failure) for failure in report.errors],
        "not_examined": [asdict(unseen) for unseen in report.not_examined],
    }


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """Return the document of one error text: that of an examination, with what was understood beside the findings."""
    return {
        "schema_version": SCHEMA_VERSION,
        "source": explanation.source,
        "against": explanation.environment.name,
        "findings": [finding_document(finding) for finding in explanation.findings],
        "errors": [asdict(failure) for failure in explanation.errors],
        "not_examined": [asdict(unseen) for unseen in explanation.not_examined],
        "understood": [{"what": label, "value": value} for label, value in explanation.understood],
        "checked": list(explanation.checked),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain JSON values."""
    return asdict(finding) | {"evidence": [asdict(evidence) for evidence in finding.evidence]}


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return one plan as plain JSON values; what it keeps for itself stays out."""
    return {
        "repair": plan.repair,
        "grade": plan.grade,
        "asked": plan.asked,
        "faults": list(plan.faults),
        "touched": list(plan.touched),
        "edits": [asdict(edit) for edit in plan.edits],
    }


def fixed_document(fixed: Fixed) -> dict[str, Any]:
    """Return what `fix` did."""
    return {
        "schema_version": SCHEMA_VERSION,
        "source": fixed.source,
        "output": fixed.output,
        "applied": [plan_document(plan) for plan in fixed.applied],
        "left": [plan_document(plan) for plan in fixed.left],
        "findings": [finding_document(finding) for finding in fixed.remaining],
    }
