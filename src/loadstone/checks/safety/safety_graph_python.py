"""A graph calls Python functions by number.

What is seen

    `PyFunc`, `PyFuncStateless` or `EagerPyFunc`.

Why

    The number stands for a function that the writing program had registered; in another process it is unknown, or
    another function.

Remedy

    Export the model again without `tf.py_function` or `tf.numpy_function`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.reach_told import told
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-graph-python",
    "warning",
    help="export it again without tf.py_function",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    yield from told(FAULT, subject, ("python",), "call Python functions that the file does not hold")
