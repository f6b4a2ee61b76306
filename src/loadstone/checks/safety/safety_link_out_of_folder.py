"""A file of the model is a link that leads out of its folder.

What is seen

    A symbolic link named `saved_model.pb`, `variables.index`, or as any part of a model, to an absolute path or
    one with `..`.

Why

    A loader reads what the link points to; a model that came from elsewhere has no business with the files of
    this machine. Loadstone follows none.

Remedy

    Replace the link by the file, if you made it; else do not load the folder.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.safety._links import leaves
from loadstone.checks.subject import Subject
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-link-out-of-folder",
    "warning",
    help="replace the link by the file if you made it; else do not load the folder",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the links that leave the folder; caches of downloads link inside one folder, which is ordinary."""
    candidate = subject.candidate
    if candidate is None or not subject.container:
        return
    found = [(name, target) for name, target in candidate.tree.links.items() if leaves(name, target)]
    if found:
        fact = (
            f"{len(found):,} link{'s lead' if len(found) > 1 else ' leads'} "
            f"out of the folder: loading it would read {found[0][1]!r}"
        )
        yield FAULT.finding(
            fact,
            *(Evidence((f"{subject.source}: {name}"), f"a link to {target!r}", "a file") for name, target in found),
        )
