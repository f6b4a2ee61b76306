"""Data files that lost their name get the one that the index asks for: `PREFIX.data-00000-of-00001`.

Only a file that begins with the prefix and has exactly the size that the index implies is taken for a data file.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadstone.checks.integrity.ckpt_shard_renamed_or_missing import stand_in
from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_writer import write_state


def plan(subject: Subject) -> Plan | None:
    """Return the new names; None where none is missing, or no file stands in for one that is."""
    model, candidate = subject.model, subject.candidate
    if model is None or candidate is None or model.format != "checkpoint-v2" or "prefix" not in model.details:
        return None
    folder = Path(subject.source) if candidate.is_folder else Path(subject.source).absolute().parent
    files: dict[str, Path] = {}
    edits = []
    for file in model.files:
        if file.role not in ("index", "data", "metagraph"):
            continue
        near = stand_in(subject, file.path, file.expected) if file.state == "missing" else ""
        if file.state == "missing" and not near:
            return None
        files[file.path.rpartition("/")[2]] = folder / (near.rpartition("/")[2] if near else file.path)
        if near:
            edits.append(Edit(str(folder / near.rpartition("/")[2]), near, file.path, "the index asks for this name"))
    if not edits:
        return None
    details = (files, str(model.details["prefix"]))
    faults = ("ckpt-shard-renamed-or-missing",)
    return Plan("restore-shard-names", subject.source, tuple(edits), "safe", faults, folder=True, details=details)


def apply(plan: Plan, target: Path) -> None:
    """Copy the files under their names into the new folder `target`."""
    files, prefix = plan.details
    target.mkdir()
    for name, path in files.items():
        shutil.copyfile(path, target / name)
    write_state(target / prefix)
