"""An HDF5 file has links that lead out of it or to names elsewhere.

What is seen

    A link of the class external, soft or user-defined in the place of a group or dataset.

Why

    HDF5 follows an external link into another file of the machine that opens it, so that a model can read what
    its reader may read. Keras writes hard links only.

Remedy

    Do not open it with h5py or Keras before 3.13.2; ask for a file without links.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hdf5_nodes import hdf5_nodes
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-hdf5-link",
    "error",
    help="do not open it with h5py or Keras before 3.13.2; ask for a file without links",
    reference="CVE-2026-1669",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the links, external ones as the graver."""
    links = subject.view(hdf5_nodes).links
    if not links:
        return
    outward = [one for one in links if one[1] != "soft"]
    kinds = "out of the file" if outward else "by name, not by place"
    fact = (
        f"{len(links):,} link{'s lead' if len(links) > 1 else ' leads'} "
        f"{kinds}: opening it would read {(outward or list(links))[0][2]!r}"
    )
    evidence = (
        Evidence(f"{subject.source}: {path}", f"{kind} link to {target!r}", "a hard link")
        for path, kind, target in links
    )
    yield FAULT.finding(fact, *evidence, severity="error" if outward else "warning")
