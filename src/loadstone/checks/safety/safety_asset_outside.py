"""An asset's name in a SavedModel leads out of its folder.

What is seen

    A `filename` in `asset_file_def` with `..`, an absolute path, or a backslash.

Why

    A loader joins the name to `assets/` and hands the path to operations of the graph, which read that file.

Remedy

    Do not load it; ask for one with its assets inside.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-asset-outside",
    "error",
    help="do not load it; ask for one with its assets inside",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the names."""
    graphs = subject.model.details.get("metagraphs", []) if subject.model else []
    names = list(dict.fromkeys(name for graph in graphs for name in graph.get("assets", ()) if _leads_out(name)))
    if names:
        fact = f"loading it would read files outside of its folder: {', '.join(repr(name[:80]) for name in names[:3])}"
        yield FAULT.finding(
            fact,
            *(
                Evidence((f"{subject.source}: asset_file_def"), repr(name[:200]), "a name below assets/")
                for name in names
            ),
        )


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")
