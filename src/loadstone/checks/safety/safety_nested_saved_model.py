"""A Keras file names a SavedModel elsewhere that loading would open and run.

What is seen

    A layer of class `TFSMLayer` with a `filepath`.

Why

    The layer loads the SavedModel at the path, of which the file itself says nothing; loading one runs its
    initializers.

Remedy

    Look at the SavedModel that it names before: `loadstone check FOLDER`.
"""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-nested-saved-model",
    "warning",
    help="look first at the SavedModel that it names",
    reference="CVE-2026-1462",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = of_kind(subject, "saved-model")
    if found:
        yield FAULT.finding(
            (
                f"loading it would open and run the SavedModel "
                f"{', '.join(repr(hazard.name[:120]) for hazard in found[:3])}"
            ),
            *places(subject, found),
            help=f"look at the SavedModel first: loadstone check {quote(found[0].name)}" if found[0].name else "",
        )
