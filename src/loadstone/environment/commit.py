"""The commit that a folder's git repository stands at, read from its files; git itself is not run.

A repository may be configured to run programs whenever git looks at it, and this one may be anybody's.
"""

from __future__ import annotations

import re
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST = 1 << 20


def commit(folder: Path) -> str:
    """Return the hash of the commit that is checked out above a folder; empty where there is none."""
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return _head(_directory(place / ".git"))
    return ""


def _directory(entry: Path) -> Path:
    """Return the repository's folder: a worktree's `.git` is a file that names it."""
    if entry.is_dir():
        return entry
    named = _read(entry).removeprefix("gitdir: ").strip()
    return entry.parent / named if named else entry


def _head(directory: Path) -> str:
    head = _read(directory / "HEAD")
    if not head.startswith("ref: "):
        return head if _HASH.fullmatch(head) else ""
    reference = head.removeprefix("ref: ").strip()
    if ".." in reference or reference.startswith("/"):
        return ""
    common = directory / (_read(directory / "commondir") or ".")
    for place in (directory, common):
        if _HASH.fullmatch(found := _read(place / reference)):
            return found
    packed = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(reference)}$", _read(common / "packed-refs"), re.MULTILINE)
    return packed[1] if packed else ""


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST).decode("utf-8", "replace").strip()
    except OSError:
        return ""
