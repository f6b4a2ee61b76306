"""An HDF5 file keeps values in other files, which opening it would read.

What is seen

    A dataset with a list of external files (external storage), or a virtual dataset.

Why

    The library reads whatever file is named, also `/etc/passwd`, as the dataset's values; a model that is saved
    again then carries them.

Remedy

    Do not open it with h5py or Keras before 3.13.2, nor with `tf_keras`; ask for one self-contained file.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadstone.checks.fault import Fault
from loadstone.checks.subject import Subject
from loadstone.checks.views.hdf5_nodes import hdf5_nodes
from loadstone.facts.finding import Evidence, Finding

FAULT = Fault(
    "safety-hdf5-external-storage",
    "error",
    help="do not open it with h5py or Keras before 3.13.2; ask for one self-contained file",
    reference="CVE-2026-1669",
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the datasets whose values lie elsewhere."""
    found = subject.view(hdf5_nodes).elsewhere
    if found:
        fact = (
            f"{len(found):,} dataset{'s have' if len(found) > 1 else ' has'} "
            f"values in another file, which opening it would read"
        )
        yield FAULT.finding(
            fact, *(Evidence((f"{subject.source}: {path}"), why, "values in this file") for path, why in found)
        )
