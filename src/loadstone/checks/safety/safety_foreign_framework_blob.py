"""A Keras file holds a pickle, or code of another framework.

What is seen

    A layer of class `TorchModuleWrapper`, `FlaxLayer` or `JaxLayer`, or a long text in base64 that begins as a
    pickle.

Why

    Such layers keep their module as a pickle, and unpickling runs what the pickle says.

Remedy

    Load it only if its author is trusted.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-foreign-framework-blob",
    "error",
    help="load it only if its author is trusted",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = of_kind(subject, "blob")
    if found:
        yield FAULT.finding(
            (f"loading it would unpickle or run what {len(found):,} of its parts hold"), *places(subject, found)
        )
