"""Which files decide what a prepared network is: the model's own, and those beside it that say how to use it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from loadstone.errors import SourceError

FILES_CAP = 2000
"""Files of one model's folder that are looked at; an export has about ten."""

DEPTH_CAP = 3
"""Levels below the folder named: `export/saved_model/variables/` is two."""

LEVELS_UP = 2
"""Folders above the one named that may hold its configuration: `export/saved_model/variables/` lies two below."""

_BESIDE = re.compile(
    r"pipeline\.config|.*\.pbtxt|.*label.*\.txt|classes\.txt|.*\.names|metadata\.json|config\.json", re.I
)
"""Names that hold labels or settings, whatever the model's own file is called."""

_SUFFIXES = (".pbtxt", ".json", ".txt", ".h5", ".index", ".data-00000-of-00001")


def model_files(source: str) -> list[Path]:
    """Return the files that a plan depends on, sorted; raises `SourceError` where there is none."""
    path = Path(os.path.abspath(source))
    folder = path if path.is_dir() else path.parent
    found = _below(path, DEPTH_CAP) if path.is_dir() else _around(path)
    if found:
        found += _configurations_above(folder)
    if not found:
        fact = "the folder holds no files" if path.is_dir() else "no such file or folder"
        raise SourceError(fact, where=source, help="loadstone list shows the models that can be fetched by name")
    if len(found) > FILES_CAP:
        raise SourceError("the folder holds more files than one model has", where=source, found=f"{len(found):,}")
    return sorted(found)


def _configurations_above(folder: Path) -> list[Path]:
    """Return the configurations above the model's folder, from which a detector may be rebuilt."""
    above = list(folder.parents)[:LEVELS_UP]
    return [
        Path(entry.path)
        for level in above
        for entry in _entries(level)
        if entry.name.endswith(".config") and entry.is_file(follow_symlinks=False)
    ]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _below(folder: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    for entry in _entries(folder):
        if entry.is_file(follow_symlinks=False):
            found.append(Path(entry.path))
        elif depth and len(found) <= FILES_CAP and entry.is_dir(follow_symlinks=False):
            found += _below(Path(entry.path), depth - 1)
    return found


def _around(path: Path) -> list[Path]:
    """Return the file itself, and the files beside it that belong to it by their name."""
    stem = path.name.rsplit(".", 1)[0]
    entries = _entries(path.parent)
    found = [path] if path.is_file() else []
    if not found and not any(entry.name.startswith((f"{path.name}.", f"{path.name}-")) for entry in entries):
        return []
    for entry in entries:
        if entry.name != path.name and entry.is_file(follow_symlinks=False) and _belongs(entry.name, stem):
            found.append(Path(entry.path))
    return found


def _belongs(name: str, stem: str) -> bool:
    if _BESIDE.fullmatch(name):
        return True
    return bool(stem) and name.startswith(stem) and (name.endswith(_SUFFIXES) or ".data-" in name)
