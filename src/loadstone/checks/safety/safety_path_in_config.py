"""A layer of a Keras file names a file or address that loading would read.

What is seen

    `vocabulary` or `idf_weights` of `StringLookup`, `IntegerLookup` or `TextVectorization` is a text, not a list.

Why

    The layer opens it with TensorFlow's file system, which knows addresses (`http`, `gs://`) as well as paths;
    saving the model again then puts what was read into the new file.

Remedy

    Put the vocabulary itself into the file: build the layer with a list and save again; Keras from 3.12 refuses
    the path.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hazards import of_kind, places
from loadstone.facts.finding import Finding

FAULT = Fault(
    "safety-path-in-config",
    "warning",
    help="do not load it with Keras before 3.12; ask for a file with the vocabulary in it",
    reference="CVE-2025-12058",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield one finding with every place."""
    found = of_kind(subject, "file-path")
    if found:
        yield FAULT.finding(
            (f"loading it would read {', '.join(repr(hazard.name[:80]) for hazard in found[:3])}"),
            *places(subject, found),
        )
