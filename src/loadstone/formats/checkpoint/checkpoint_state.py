"""The state file: a text named `checkpoint` in which TensorFlow notes which checkpoint of a folder is the latest.

What it is: the names it holds, matched with what lies in the folder. The paths in it are those of the machine that
wrote it, often absolute and foreign, so only their last part is believed, and none becomes a path of ours.
Specification: tensorflow/python/training/checkpoint_state.proto, as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loadstone.errors import LoadstoneError
from loadstone.formats.trees.tree import Tree
from loadstone.wire.limits import STATE_BYTES

STATE_NAME = "checkpoint"
LATEST = "model_checkpoint_path"


@dataclass(frozen=True, slots=True)
class CheckpointState:
    """The state file's tree name, the latest checkpoint's path and all paths, as written."""

    name: str
    latest: str
    paths: tuple[str, ...] = ()


def is_state(head: bytes) -> bool:
    """Return whether a file that is named `checkpoint` begins as a state file."""
    return LATEST.encode() in head


def read_state(tree: Tree, folder: str) -> CheckpointState | None:
    """Return the state file of a folder; None where there is none, or none that can be read."""
    from loadstone.wire.textproto import parse

    name = f"{folder}/{STATE_NAME}" if folder else STATE_NAME
    if tree.size(name) is None or not is_state(tree.head(name)):
        return None
    try:
        fields = parse(tree.read(name, STATE_BYTES))
        return CheckpointState(name, fields.text(LATEST), tuple(fields.texts(f"all_{LATEST}s")))
    except LoadstoneError:
        return None


def local_name(path: str) -> str:
    """Return the last part of a path of any system: `C:\\\\run\\\\model.ckpt-63` and `/run/model.ckpt-63` agree."""
    return re.split(r"[/\\]", path)[-1]


def is_foreign(path: str) -> bool:
    """Return whether a path is absolute, on this or another system."""
    return path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:[/\\]|[a-z][a-z0-9]*://", path) is not None
