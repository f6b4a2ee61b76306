"""Give a Keras file the ending by which Keras 3 chooses its reader: a copy, byte for byte.

HDF5 becomes `.h5` (weights alone `.weights.h5`), a zip `.keras`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan

NAME = "keras-ending"
_GOOD = {"keras-h5": (".h5", ".hdf5"), "keras-zip": (".keras",), "keras-h5-weights": (".h5", ".hdf5")}
_GIVEN = {"keras-h5": ".h5", "keras-zip": ".keras", "keras-h5-weights": ".weights.h5"}


def plan(subject: Subject) -> Plan | None:
    """Plan a copy under another name; None where the ending is right, or the subject is a folder or no Keras file."""
    candidate, kind = subject.candidate, subject.format
    if candidate is None or candidate.is_folder or kind not in _GOOD or not subject.path.is_file():
        return None
    ending = subject.path.suffix.lower()
    if ending in _GOOD[kind]:
        return None
    reason = "Keras 3 chooses its reader by the ending alone"
    edit = Edit("the file's name", subject.path.name, f"{subject.path.stem}{_GIVEN[kind]}", reason)
    return Plan(NAME, subject.source, (edit,), faults=("extension-mismatch-keras3",), suffix=_GIVEN[kind])


def apply(plan: Plan, target: Path) -> None:
    """Copy the file."""
    shutil.copyfile(plan.source, target)
