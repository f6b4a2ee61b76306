"""A constant of the graph holds a whole graph as a string.

What is seen

    A `Const` whose text parses as a GraphDef.

Why

    Data sets keep their pipeline so, and so does what wants not to be seen by a scanner that lists the operations
    of the outer graph. Loadstone counts and judges the inner operations like all others.

Remedy

    Look at the operations: `loadstone inspect SOURCE --ops`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-hidden-graph",
    "warning",
    help="look at its operations: loadstone inspect SOURCE --ops",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the constants; a warning where something would run what they hold."""
    model = subject.model
    hosts = list(model.details.get("nested_graphs", ())) if model else []
    if model is None or not hosts:
        return
    runs = sorted({"DatasetFromGraph"} & model.ops.keys())
    fact = f"{len(hosts):,} constant{'s hold' if len(hosts) > 1 else ' holds'} a whole graph as a string"
    words = f"{fact}, which {runs[0]} would run" if runs else fact
    yield FAULT.finding(
        words, *(Evidence(f"{subject.source}: {host}") for host in hosts), severity="warning" if runs else "info"
    )
