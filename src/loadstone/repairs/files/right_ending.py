"""Give a file the ending by which loaders choose their reader: a copy, byte for byte.

HDF5 becomes `.h5` (weights alone `.weights.h5`), a Keras archive `.keras`, a TFLite model `.tflite`, a frozen
graph `.pb`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.endings import ending_of, promised
from loadstone.facts.plan import Edit, Plan

NAME = "right-ending"


def plan(subject: Subject) -> Plan | None:
    """Plan a copy under another name; None where the ending is right, or promises nothing and no Keras reads it."""
    ending = ending_of(subject)
    own = subject.path.suffix.lower()
    if ending is None or own in ending.usual:
        return None
    keras = subject.format.startswith("keras")
    if not keras and not promised(own, subject.format):
        return None
    fault = "extension-mismatch-keras3" if keras else "extension-mismatch-format"
    reason = "Keras 3 chooses its reader by the ending alone" if keras else "programs choose their reader by the ending"
    edit = Edit("the file's name", subject.path.name, f"{subject.path.stem}{ending.given}", reason)
    return Plan(NAME, subject.source, (edit,), faults=(fault,), suffix=ending.given)


def apply(plan: Plan, target: Path) -> None:
    """Copy the file."""
    shutil.copyfile(plan.source, target)
