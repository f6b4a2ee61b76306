"""A graph opens connections to the network.

What is seen

    `RpcCall`, `DataServiceDataset`, `BigQueryReader`, `DebugIdentity` with an address, and others.

Why

    Data that the graph is given can leave the machine.

Remedy

    Run it without a network, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.reach_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-graph-network",
    "warning",
    help="run it without a network, or not at all",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    yield from told(FAULT, subject, ("network",), "open network connections")
