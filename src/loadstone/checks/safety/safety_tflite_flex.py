"""A TFLite file needs TensorFlow's own operations, which can do what a graph can.

What is seen

    Operators whose custom code begins with `Flex` and names an operation that opens files, the network or Python.

Why

    The Flex delegate runs any operation of TensorFlow, the ones that reach out of the graph among them.

Remedy

    Run it without the Flex delegate, or in a sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.graph.graph_op_notes import NETWORK, PYTHON, READS, WRITES

FAULT = Fault(
    "safety-tflite-flex",
    "warning",
    help="run it without the Flex delegate, or in a sandbox",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the operations that reach out."""
    ops = subject.model.ops if subject.model else {}
    found = sorted(name for name in ops if name.startswith("Flex") and name[4:] in READS | WRITES | NETWORK | PYTHON)
    if found:
        yield FAULT.finding(
            (f"running it would open files, connections or Python: {', '.join(found)}"),
            *(Evidence(subject.source, name) for name in found),
        )
