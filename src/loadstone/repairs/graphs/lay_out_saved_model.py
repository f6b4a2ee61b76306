"""Put a SavedModel's files where loaders look: `saved_model.pb`, and the variables in `variables/`.

Safe: no byte of any file changes, only names and places in a copy of the folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from loadstone.checks.subject import Subject
from loadstone.facts.plan import Edit, Plan
from loadstone.repairs.graphs._saved import GRAPH_FILE, graph_path

NAME = "lay-out-saved-model"


def plan(subject: Subject) -> Plan | None:
    """Return the plan for a graph under another name, or for variables that lie beside it."""
    path = graph_path(subject)
    if path is None or subject.format != "savedmodel":
        return None
    moves = {path.name: GRAPH_FILE} if path.name != GRAPH_FILE else {}
    if not (path.parent / "variables").is_dir():
        loose = [one for one in path.parent.glob("variables.*") if one.is_file() and not one.is_symlink()]
        moves |= {one.name: f"variables/{one.name}" for one in loose if one.suffix == ".index" or ".data-" in one.name}
    if not moves:
        return None
    edits = tuple(Edit(f"{path.parent}/{name}", name, place) for name, place in sorted(moves.items()))
    faults = ("savedmodel-mount-or-layout", "wrong-loader-savedmodel-as-frozen")
    return Plan(NAME, subject.source, edits, "safe", faults, suffix=".savedmodel", details=(path.parent, moves))


def apply(plan: Plan, target: Path) -> None:
    """Copy what belongs to the model, each file to its place."""
    folder, moves = plan.details
    target.mkdir()
    for name, place in moves.items():
        (target / place).parent.mkdir(exist_ok=True)
        shutil.copy2(folder / name, target / place)
    for entry in ("variables", "assets", "assets.extra"):
        if (folder / entry).is_dir() and not (folder / entry).is_symlink():
            shutil.copytree(folder / entry, target / entry, symlinks=True, dirs_exist_ok=True)
    if (folder / "keras_metadata.pb").is_file():
        shutil.copy2(folder / "keras_metadata.pb", target / "keras_metadata.pb")
