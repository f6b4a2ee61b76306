"""What a graph's outward operations are told as: one finding for those of a kind, with every place."""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.graph_reach import Reach, reach
from loadstone.facts.finding import Evidence, Finding, Severity
from loadstone.formats.graph.graph_op_notes import READS


def told(fault: Fault, subject: Subject, kinds: tuple[str, ...], would: str) -> Iterator[Finding]:
    """Yield a finding for the operations of some kinds; `would` completes "this graph would …".

    Operations whose path the caller gives, and those in functions that nothing calls, are a note.
    """
    found = [one for one in subject.view(reach) if one.kind in kinds]
    acting = [one for one in found if not (one.given or one.idle)]
    if acting:
        evidence = [_place(subject, one) for one in acting]
        yield fault.finding(_fact(acting, would), *evidence, severity=_severity(subject, acting))
    elif found:
        why = "in functions that nothing calls" if all(one.idle for one in found) else "named by its caller"
        fact = f"this graph would {would}, {why} ({_ops(found)})"
        yield fault.finding(fact, *(_place(subject, one) for one in found), severity="info")


def _ops(found: list[Reach]) -> str:
    return ", ".join(sorted({one.op for one in found}))


def _fact(found: list[Reach], would: str) -> str:
    when = "when it is loaded" if any(one.loading for one in found) else "when it is run"
    targets = list(dict.fromkeys(one.target for one in found if one.target))
    shown = f": {', '.join(repr(target[:80]) for target in targets[:3])}" if targets else ""
    return f"this graph would {would} {when}{shown} ({_ops(found)})"


def _severity(subject: Subject, found: list[Reach]) -> Severity:
    """Return how grave it is: a graph for training reads its data; anything that loading runs is an error."""
    if any(one.loading for one in found):
        return "error"
    return "info" if subject.format == "metagraph" and all(one.op in READS for one in found) else "warning"


def _place(subject: Subject, one: Reach) -> Evidence:
    return Evidence(f"{subject.source}: {one.place}", f"{one.op} {one.target!r}" if one.target else one.op)
