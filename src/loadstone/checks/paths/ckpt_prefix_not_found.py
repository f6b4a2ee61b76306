"""There is no checkpoint of that prefix.

What is seen

    `Unsuccessful TensorSliceReader constructor: Failed to find any matching files for X`, `Failed to get matching
    files on X`, `The passed save_path is not a valid checkpoint: X`, `Can't load save_path when it is None`.

Why

    The step in the name is another than the one that was saved (tutorials name `ckpt-6`), the folder is another,
    or the state file `checkpoint` names a path of the machine that wrote it.

Remedy

    Give a prefix that is here; `tf.train.latest_checkpoint(FOLDER)` names the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from loadstone.checks.fault import Fault, Saying
from loadstone.checks.subject import Subject
from loadstone.errors import SourceError
from loadstone.facts.finding import Evidence, Finding
from loadstone.formats.checkpoint.checkpoint_files import index_prefixes, is_state_file, plain_prefix, step_key
from loadstone.formats.checkpoint.checkpoint_state import local_name, read_state

FAULT = Fault(
    "ckpt-prefix-not-found",
    "error",
    help="give a prefix that is here: tf.train.latest_checkpoint(FOLDER) names the last",
)

_STEP = re.compile(r"(?:ckpt|model|checkpoint|cp|epoch|weights)[\w.]*(?:-\d+)?$|-\d+$", re.IGNORECASE)

TEXTS = (
    Saying(
        r"Failed to (?:find any|get) matching files (?:for|on) (?P<path>[^\n]*?)(?:: Not found|\s*$)",
        "there is no checkpoint {path}: no file begins so",
        unless=(
            # A path right below the root was never filled in: config-unquoted-or-bad-path tells that.
            r"matching files (?:for|on) /(?:model|ckpt)[^\s/]*\s*$",
            r"matching files (?:for|on) [^\n]*variables[/\\]variables\b",
            (
                r"matching files (?:for"
                r"|on) [^\n]*(?:\.data-\d{5}-of-\d{5}|\.index|\.meta)\s*$"
            ),
        ),
    ),
    Saying(
        r"The passed save_path is not a valid checkpoint: ?(?P<path>[^\n]*)",
        "there is no checkpoint {path}",
        unless=(r"not a valid checkpoint: ?[^\n]*(?:\.meta|\.index|\.data-\d{5}-of-\d{5}|[/\\]checkpoint)\s*$",),
    ),
    Saying(
        r"Can't load save_path when it is None", ("no checkpoint was found in the folder: latest_checkpoint gave None")
    ),
    Saying(
        r"Couldn't match files for checkpoint (?P<path>(?!\S*[/\\]checkpoint\s*$)\S+)",
        ("the state file names {path}, of which no files are there"),
    ),
    Saying(
        (
            r"Could not find (?:trained model"
            r"|checkpoint or SavedModel) (?:in model_dir|at):? ?(?P<path>[^\n]*)"
        ),
        "there is no checkpoint in {path}",
    ),
    Saying(
        (
            r"No checkpoint (?:file )?(?:was )?found (?:in"
            r"|at|under) (?P<path>[^\n]*)"
        ),
        "there is no checkpoint in {path}",
        certainty="likely",
    ),
)


def from_file(subject: Subject) -> Iterator[Finding]:
    """Yield the checkpoints that lie beside a prefix that does not exist, or beside the one that a state file names."""
    if subject.candidate is None and isinstance(subject.error, SourceError):
        yield from _absent(subject)
    elif subject.model is not None and subject.format in ("checkpoint-v2", "checkpoint-v1") and subject.candidate:
        yield from _stale_state(subject)


def _absent(subject: Subject) -> Iterator[Finding]:
    folder, name = subject.path.parent, subject.path.name
    here = _prefixes(folder)
    if not here or (not _STEP.search(name) and not get_close_matches(name, here, n=1, cutoff=0.6)):
        return
    latest = str(folder / here[-1])
    fact = f"there is no checkpoint {name} in {folder}; {_listed(here)} here"
    yield FAULT.finding(fact, Evidence(subject.source, "no such prefix", latest), help=f"give the prefix: {latest}")


def _prefixes(folder: Path) -> list[str]:
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return []
    return sorted({name.removesuffix(".index") for name in names if name.endswith(".index")}, key=step_key)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[-3:])
    return f"{shown} {'are' if len(names) > 1 else 'is'}"


def _stale_state(subject: Subject) -> Iterator[Finding]:
    candidate = subject.candidate
    if candidate is None or not (candidate.is_folder or is_state_file(candidate)):
        return
    state = read_state(candidate.tree, candidate.folder)
    here = [prefix.rpartition("/")[2] for prefix in index_prefixes(candidate)]
    if state is None or not here or plain_prefix(local_name(state.latest)) in here or subject.format != "checkpoint-v2":
        return
    latest = sorted(here, key=step_key)[-1]
    fact = f"the state file names {local_name(state.latest)}, which is not here; {_listed(sorted(here, key=step_key))}"
    place = Evidence(f"{subject.source}: checkpoint", state.latest, latest)
    yield FAULT.finding(fact, place, severity="info", help=f"give the prefix: {subject.path / latest}")
