"""A checkpoint written anew with changes: into a folder that holds the files and a state file that names them.

Shared by the repairs of this family: where the bundle is, the plan, and the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from loadstone.checks.subject import CHECKPOINTS, Subject
from loadstone.facts import ModelFile
from loadstone.facts.plan import Edit, Grade, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes, copy_bundle
from loadstone.formats.checkpoint.bundle_writer import write_bundle, write_state
from loadstone.formats.trees.tree import Tree

SLOT = "/.OPTIMIZER_SLOT/"
AVERAGE = "/ExponentialMovingAverage"


def checkpoint_of(subject: Subject) -> tuple[Tree, str, ModelFile] | None:
    """Return the tree, the prefix in it and the model of a checkpoint with names; None for anything else."""
    model, candidate = subject.model, subject.candidate
    if model is None or candidate is None or model.format not in CHECKPOINTS or not len(model.tensors):
        return None
    prefix = model.details.get("prefix")
    return (candidate.tree, candidate.beside(str(prefix)), model) if prefix else None


def plan_copy(
    repair: str,
    subject: Subject,
    changes: Changes,
    edits: Iterable[Edit],
    *,
    grade: Grade = "ask",
    faults: Sequence[str] = (),
) -> Plan | None:
    """Return the plan that writes the subject's checkpoint with changes; None where there is nothing to change."""
    found = checkpoint_of(subject)
    listed = tuple(edits)
    if found is None or not listed:
        return None
    touched = (*changes.drop, *changes.names, *changes.replace)
    details = (*found, changes)
    return Plan(
        repair, subject.source, listed, grade, tuple(faults), touched=tuple(touched), folder=True, details=details
    )


def write(plan: Plan, target: Path) -> None:
    """Write the checkpoint of a plan into the new folder `target`, with its state file."""
    tree, prefix, model, changes = plan.details
    target.mkdir()
    name = prefix.rpartition("/")[2]
    if model.format == "checkpoint-v1":
        write_bundle(target / name, _arrays(model, changes))
    else:
        copy_bundle(tree, prefix, target / name, changes)
    meta = f"{prefix}.meta"
    if tree.size(meta) is not None and not (changes.drop or changes.names or changes.replace):
        with (target / f"{name}.meta").open("xb") as stream:
            stream.write(bytes(tree.view(meta)))
    write_state(target / name)


def _arrays(model: ModelFile, changes: Changes) -> Iterable[tuple[str, Any]]:
    for name in model.tensors:
        if name not in changes.drop:
            yield changes.named(name), changes.replace[name] if name in changes.replace else model.tensors[name]
