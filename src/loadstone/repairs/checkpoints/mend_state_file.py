"""The state file (`checkpoint`) of a folder names its checkpoints by paths of this folder.

TensorFlow writes absolute paths of the machine that trained; on another one nothing is found at them.
"""

from __future__ import annotations

from pathlib import Path

from loadstone.checks.subject import CHECKPOINTS, Subject
from loadstone.facts.plan import Edit, Plan
from loadstone.formats.checkpoint.bundle_copy import Changes
from loadstone.formats.checkpoint.checkpoint_state import LATEST, is_foreign, local_name, read_state
from loadstone.repairs.checkpoints._copy import plan_copy, write


def plan(subject: Subject) -> Plan | None:
    """Return the lines that change; None where the state file already names what lies here."""
    candidate, model = subject.candidate, subject.model
    if candidate is None or model is None or model.format not in CHECKPOINTS:
        return None
    state = read_state(candidate.tree, candidate.folder)
    prefix = str(model.details.get("prefix", ""))
    named_itself = candidate.is_folder or candidate.name.rpartition("/")[2] == "checkpoint"
    if state is None or not prefix or not named_itself:
        return None
    absent = local_name(state.latest) != prefix
    # An absolute path is right on the machine that wrote it, where the file lies at it.
    foreign = is_foreign(state.latest) and not Path(f"{state.latest}.index").is_file()
    if not (absent or foreign):
        return None
    line = f'{LATEST}: "{prefix}"'
    edit = Edit(f"{subject.source}: checkpoint", f'{LATEST}: "{state.latest}"', line, "what lies in this folder")
    # Another checkpoint than the one that is named may not be the one that is wanted.
    return plan_copy(
        "mend-state-file",
        subject,
        Changes(),
        [edit],
        grade="ask" if absent else "safe",
        faults=("ckpt-prefix-not-found",),
    )


def apply(plan: Plan, target: Path) -> None:
    """Write the checkpoint with a state file that names it into the new folder `target`."""
    write(plan, target)
