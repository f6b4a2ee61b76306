"""A graph opens or writes files of the machine that runs it.

What is seen

    `ReadFile`, `WriteFile`, readers and data sets over files, `SqlDataset`, `SaveV2` or `RestoreV2` with a path
    in the graph, `PrintV2` to a file, in the graph itself, in its functions, or in a graph inside a constant.

Why

    A graph is a program. An operation that opens a path reads or writes whatever the process may, when a
    signature is called or already when the model is loaded.

Remedy

    Run it in a sandbox, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.reach_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-graph-file-access",
    "warning",
    help="run it in a sandbox, or not at all: loadstone inspect SOURCE --ops lists its operations",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    yield from told(FAULT, subject, ("reads", "writes"), "open or write files")
