"""Rewrite a Keras model's configuration, and where needed its weights, for the Keras that is to load it.

What is changed: keys that hold their default and that the target refuses, names that it has otherwise, layers and
weights of Keras 1, TensorFlow's functions, Lambdas that are plain arithmetic. What is not: anything whose meaning is
not known; such a file keeps its finding. Tensors that are not named stay byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.checks.views.keras_config import KerasFile, in_targets_words, keras_file, target_for
from loadstone.dialects import Change, Rewritten
from loadstone.dialects.ledger import Obstacle
from loadstone.errors import LoadstoneError
from loadstone.facts.plan import Edit, Grade, Plan
from loadstone.repairs.keras._archive import datasets, moved_tree, moved_weights, touched_paths
from loadstone.repairs.keras._legacy import apply_rules, touched
from loadstone.repairs.keras._to_legacy import legacy_weights
from loadstone.repairs.keras._write import array_of, put_config, tree_of, write_archive, write_tree
from loadstone.wire.hdf5.writer import OutGroup

NAME = "keras-dialect"
_OPEN = ("custom-object-not-registered", "lambda-safe-mode", "optimizer-newer-tf")
"""Obstacles of code that a person can give; with any other the new file would not load either, so a person decides."""


_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Work:
    """What `apply` needs: the file that was read, and its configuration in the target's words."""

    file: KerasFile
    made: Rewritten
    moved: dict[str, str]
    to_hdf5: bool = False


def plan(subject: Subject) -> Plan | None:
    """Plan the rewriting for the subject's environment; None where nothing is to change, or nothing is known."""
    found = subject.view(keras_file)
    made = _rewritten(subject) if found else None
    if found is None or made is None or found.container == "json":
        return None
    moved = moved_weights(found, target_for(subject))
    if not made.changes and not moved:
        return None
    try:
        named = touched(found.file, made.weights) if found.file else touched_paths(found, made, moved)
    except LoadstoneError:
        # The file's weights do not fit its own configuration: that is another fault's to say.
        return None
    edits = tuple(edits_of(found.place, made.changes))
    if moved:
        edits = (*edits, *(Edit(f"model.weights.h5: {old}", old, new) for old, new in list(moved.items())[:20]))
    old = found.archive is not None and target_for(subject).family == "keras2"
    if old:
        edits = (*edits, Edit("the file", ".keras", ".h5", "every Keras 2 reads HDF5, few read archives"))
    faults = tuple(dict.fromkeys(change.fault for change in made.changes))
    asked = asked_by(made.obstacles)
    work, suffix = _Work(found, made, moved, old), ".h5" if old else ""
    grade: Grade = "ask" if asked else "safe"
    return Plan(NAME, subject.source, edits, grade, faults, suffix=suffix, touched=named, asked=asked, details=work)


def asked_by(obstacles: Iterable[Obstacle]) -> str:
    """Return what a person is to decide: what the target refuses in the new file, too; empty where it is nothing."""
    closed = [one for one in obstacles if one.fault not in _OPEN]
    told = dict.fromkeys(f"{one.key} {one.found} of {one.where}" for one in closed)
    if not told:
        return ""
    listed = ", ".join([*told][:_SHOWN]) + (f" and {len(told) - _SHOWN:,} more" if len(told) > _SHOWN else "")
    needed = next((f"; needed is {one.needed}" for one in closed if one.needed), "")
    return f"the new file will not load there either: no other words are known for {listed}{needed}"


def _rewritten(subject: Subject) -> Rewritten | None:
    try:
        return subject.view(in_targets_words)
    except LoadstoneError:
        # A configuration that no Keras writes: the check says it.
        return None


def edits_of(place: str, changes: Iterable[Change]) -> Iterable[Edit]:
    """Yield the edits that the changes are."""
    for change in changes:
        yield Edit(f"{place}: {change.where}: {change.key}", change.before, change.after, change.reason)


def apply(plan: Plan, target: Path) -> None:
    """Write the new file."""
    work: _Work = plan.details
    if work.file.file is not None:
        root = tree_of(work.file.file)
        put_config(root, work.made.config, work.made.training)
        apply_rules(work.file.file, root, work.made.weights)
        write_tree(root, target)
    elif work.file.archive is not None and work.to_hdf5:
        arrays = {dataset.path.strip("/"): array_of(dataset) for dataset in datasets(work.file.archive.weights())}
        listed = legacy_weights(work.made.config, arrays, work.file.keras)
        root = OutGroup({"model_weights": listed}, {"keras_version": work.file.keras, "backend": "tensorflow"})
        put_config(root, work.made.config, None)
        write_tree(root, target)
    elif work.file.archive is not None:
        weights = moved_tree(work.file.archive, work.moved, work.made) if work.moved or work.made.weights else None
        write_archive(work.file.archive, target, work.made.config, weights)
