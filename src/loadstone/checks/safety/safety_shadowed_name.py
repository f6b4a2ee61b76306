"""An object of a Keras file registers itself under the name of another.

What is seen

    A `registered_name` that is not the `class_name`, for a class of Keras.

Why

    A loader that has a class registered under that name builds that one in the place of the layer that is shown.

Remedy

    Do not load it together with `custom_objects` or registered classes whose source is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-shadowed-name",
    "warning",
    help="load it without custom_objects, and compare the classes that it builds",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = of_kind(subject, "shadow")
    if found:
        yield FAULT.finding(
            (
                f"{len(found):,} of its objects would be built as another class "
                f"than they show, where {found[0].name[:80]!r} is registered"
            ),
            *places(subject, found),
        )
