"""The paths that a configuration names, and what lies there on this disk.

What it is: `fine_tune_checkpoint`, `label_map_path`, `input_path`, each looked for as written, from the working folder
and from the configuration's own. What it is not: a verdict; a path of another machine is not a mistake by itself.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loadstone.checks.subject import Subject
from loadstone.checks.views.config_text import ConfigText, config_texts
from loadstone.formats.checkpoint.checkpoint_files import step_key
from loadstone.formats.checkpoint.checkpoint_state import read_state
from loadstone.formats.checkpoint.shards import DATA_NAME
from loadstone.formats.detection.schema import PIPELINE
from loadstone.formats.trees.tree import DiskTree
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import is_string, string_value

PLACEHOLDER = re.compile(r"PATH_TO_BE_CONFIGURED|path[/_]to|/\.\.\./|<[^>]+>|\$\{|YOUR_|your_path|^$", re.IGNORECASE)
FIELDS = ("fine_tune_checkpoint", "label_map_path", "input_path")
_MOST_SEEN = 20_000

State = Literal["present", "placeholder", "absent", "not-a-prefix", "remote"]


@dataclass(frozen=True, slots=True)
class NamedPath:
    """A path of a configuration: its field, value and place; `found` is where it lies, `instead` what to write."""

    text: str
    field: str
    value: str
    where: str
    state: State
    folder_here: bool = False
    instead: str = ""
    found: Path | None = None


def named_paths(subject: Subject) -> tuple[NamedPath, ...]:
    """Return the paths of every configuration of the subject that lies on this disk."""
    return subject.view(_paths)


def _paths(subject: Subject) -> tuple[NamedPath, ...]:
    return tuple(
        _looked_for(text, field, value, text.where(at))
        for text in config_texts(subject)
        if text.kind == PIPELINE and text.place is not None
        for field, value, at in _values(text.root)
    )


def _values(message: TextMessage) -> Iterator[tuple[str, str, int]]:
    for name, value, at in message.entries:
        if isinstance(value, TextMessage):
            yield from _values(value)
        elif name in FIELDS and is_string(value):
            yield name, string_value(value).decode("utf-8", "backslashreplace"), at


def _looked_for(text: ConfigText, field: str, value: str, where: str) -> NamedPath:
    if PLACEHOLDER.search(value):
        state: State = "present" if not value else "placeholder"
        return NamedPath(text.name, field, value, where, state)
    if re.match(r"[a-z][a-z0-9]+://", value):
        return NamedPath(text.name, field, value, where, "remote")
    bases = [Path(value)] if Path(value).is_absolute() else [Path(value), text.folder / value]
    check = _checkpoint if field == "fine_tune_checkpoint" else _file
    for base in bases:
        if (found := check(base)) is not None:
            state, prefix = found
            instead = str(prefix) if state == "not-a-prefix" else ""
            return NamedPath(text.name, field, value, where, state, True, instead, base)
    # A bare name says nothing of a folder: the configuration may have been copied here alone.
    here = bool(re.search(r"[/\\]", value)) and any(base.parent.is_dir() for base in bases)
    return NamedPath(text.name, field, value, where, "absent", here, _instead(text.folder, field, value))


def _file(path: Path) -> tuple[State, Path] | None:
    """Return whether the path, or a pattern of shards, leads to a file."""
    plain = glob.escape(str(path)).replace("[?]", "?").replace("[*]", "*")
    return ("present", path) if _exists(path) or any(True for _ in glob.iglob(plain)) else None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _checkpoint(path: Path) -> tuple[State, Path] | None:
    """Return whether the path is a checkpoint's prefix, or one of its files, or its folder."""
    if _exists(path.with_name(f"{path.name}.index")) if path.name else False:
        return "present", path
    if not _exists(path):
        return None
    if path.is_dir():
        prefix = _latest(path)
        return ("not-a-prefix", prefix) if prefix else None
    if path.name.endswith((".index", ".meta")):
        return "not-a-prefix", path.with_name(path.name.rpartition(".")[0])
    if match := DATA_NAME.fullmatch(path.name):
        return "not-a-prefix", path.with_name(match["prefix"])
    if path.name == "checkpoint":
        prefix = _latest(path.parent)
        return ("not-a-prefix", prefix) if prefix else None
    return "present", path


def _latest(folder: Path) -> Path | None:
    """Return the prefix of a folder's checkpoint: the state file's, else the one of the highest step."""
    prefixes = sorted((name.name.removesuffix(".index") for name in folder.glob("*.index")), key=step_key)
    state = read_state(DiskTree(folder), "")
    named = re.split(r"[/\\]", state.latest)[-1] if state else ""
    chosen = named if named in prefixes else prefixes[-1] if prefixes else ""
    return folder / chosen if chosen else None


def _instead(folder: Path, field: str, value: str) -> str:
    """Return a path beside the configuration that has the same name, or is the only one of its kind."""
    wanted = re.split(r"[/\\]", value)[-1]
    if field == "fine_tune_checkpoint":
        found = [path.with_name(path.name.removesuffix(".index")) for path in _below(folder, ".index")]
    elif field == "label_map_path":
        found = [path for path in _below(folder, ".pbtxt") if _is_label_map(path)]
    else:
        found = _below(folder, Path(wanted).suffix or ".record")
    same = [path for path in found if path.name == wanted]
    best = same or (found if field != "input_path" and len(found) == 1 else [])
    return best[0].as_posix() if len(best) == 1 else ""


def _below(folder: Path, suffix: str) -> list[Path]:
    found = []
    for number, path in enumerate(folder.glob(f"*{suffix}")):
        if number >= _MOST_SEEN:
            break
        found.append(path)
    for path in sorted(folder.iterdir())[:200]:
        if path.is_dir() and not path.is_symlink():
            found += sorted(path.glob(f"*{suffix}"))[:50]
    return sorted(set(found))


def _is_label_map(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return re.match(rb"\s*(?:#[^\n]*\n\s*)*item\s*:?\s*[{<]", stream.read(4096)) is not None
    except OSError:
        return False
