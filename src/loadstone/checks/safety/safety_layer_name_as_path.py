"""A layer's name is a path that leads out of the folder where Keras unpacks.

What is seen

    A `name` with `..`, a backslash, or a slash at its start.

Why

    Keras makes folders of layers' names where it saves and loads assets; before 3.14 the name was not looked at.

Remedy

    Do not load or save it with Keras before 3.14.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding
from loadstone.facts.model import LayerFact

FAULT = Fault(
    "safety-layer-name-as-path",
    "error",
    help="do not load or save it with Keras before 3.14",
    reference="CVE-2026-12479",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the names."""
    found = [name for name in _names(subject.model.layers if subject.model else ()) if _leads_out(name)]
    if found:
        fact = (
            f"{len(found):,} layer name{'s lead' if len(found) > 1 else ' leads'} "
            f"out of the folder where Keras unpacks assets"
        )
        yield FAULT.finding(
            fact, *(Evidence(subject.source, repr(name[:120]), "a name without a path") for name in found)
        )


def _names(layers: tuple[LayerFact, ...]) -> Iterator[str]:
    for layer in layers:
        yield layer.name
        yield from _names(layer.inner)


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name.replace("\\", "/").split("/") or (name[1:3] == ":\\")
