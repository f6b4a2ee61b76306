"""Which checkpoint a candidate means: the prefix behind an index, a data file, a state file, a folder, or itself.

What it is: names only. In a folder the state file's choice comes first, then the highest step; the others are notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from loadstone.formats.checkpoint.checkpoint_state import STATE_NAME, is_foreign, is_state, local_name, read_state
from loadstone.formats.checkpoint.shards import DATA_NAME
from loadstone.formats.registry import Candidate

SHARD_NAME = re.compile(r"(?P<prefix>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})", re.DOTALL)
"""`export-00000-of-00001`: the files of a sharded V1 checkpoint."""

_PATTERN = re.compile(r"(?P<prefix>.+)-(?:\?{5}|\d{5})-of-\d{5}", re.DOTALL)
"""A state file names a sharded V1 checkpoint with question marks: `export-?????-of-00001`."""

_STEP = re.compile(r"-(\d{1,18})$")


@dataclass(frozen=True, slots=True)
class Found:
    """A checkpoint's prefix as a tree name, the state file that was looked at (or ""), and what to tell."""

    prefix: str
    state: str = ""
    notes: tuple[str, ...] = ()


def index_prefixes(candidate: Candidate) -> list[str]:
    """Return the prefixes of V2 checkpoints in the candidate's folder: of every index and every data file."""
    found: dict[str, None] = {}
    for name in candidate.tree.listing(candidate.folder):
        if name.endswith(".index"):
            found[name.removesuffix(".index")] = None
        elif match := DATA_NAME.fullmatch(name):
            found[match["prefix"]] = None
    return list(found)


def is_state_file(candidate: Candidate) -> bool:
    """Return whether the candidate is a folder's state file."""
    return (
        not candidate.is_folder
        and candidate.name.rpartition("/")[2] == STATE_NAME
        and candidate.tree.size(candidate.name) is not None
        and is_state(candidate.head)
    )


def choose(candidate: Candidate, prefixes: Iterable[str]) -> Found | None:
    """Return which of several prefixes the candidate's folder means; None where there is nothing to choose from.

    Where the state file names a checkpoint that is not here and there is no other, that one is found, and lacks.
    """
    known = sorted(prefixes, key=step_key)
    state = read_state(candidate.tree, candidate.folder)
    if state is None:
        return Found(known[-1], notes=_others(known, known[-1])) if known else None
    latest = plain_prefix(local_name(state.latest))
    named = candidate.beside(latest)
    notes: tuple[str, ...] = ()
    if is_foreign(state.latest):
        notes = (f"the state file names {state.latest!r}, a path of another machine; {latest!r} is looked for here",)
    if named in known or not known:
        return Found(named, state.name, (*notes, *_others(known, named)))
    absent = f"the state file names {state.latest!r}, which is not here; {_short(known[-1])!r} is read"
    return Found(known[-1], state.name, (absent, *_others(known, known[-1])))


def plain_prefix(name: str) -> str:
    """Return the prefix of a V1 pattern; any other name as it is."""
    match = _PATTERN.fullmatch(name)
    return match["prefix"] if match else name


def step_key(prefix: str) -> tuple[int, str]:
    """Sort by the step that a name ends with; names without one come first."""
    step = step_of(prefix)
    return (-1 if step is None else step, prefix)


def step_of(prefix: str) -> int | None:
    """Return the step in a checkpoint's name: 63 of `model.ckpt-63`, None where it ends without one."""
    match = _STEP.search(prefix)
    return int(match[1]) if match else None


def _short(prefix: str) -> str:
    return prefix.rpartition("/")[2]


def _others(known: list[str], chosen: str) -> tuple[str, ...]:
    others = [_short(prefix) for prefix in known if prefix != chosen]
    if not others:
        return ()
    shown = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
    return (f"{len(others):,} more checkpoint{'s are' if len(others) > 1 else ' is'} here, not read: {shown}",)
