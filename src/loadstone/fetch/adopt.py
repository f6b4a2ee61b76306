"""Files that other tools have already fetched, taken over when they verify.

`~/.keras/models` (or `KERAS_HOME`): a weights file whose published hash holds.
`TFHUB_CACHE_DIR` and `KAGGLEHUB_CACHE`: unpacked models, see `adopt_folders`.
Nothing of another tool's cache is changed, and nothing there is believed by its name alone: the truncated `.h5` that an
interrupted download left under its final name is the classic failure.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from loadstone.fetch.source import Source


class Adopted(NamedTuple):
    """A file of another tool's cache that is the one that was asked for."""

    path: str
    vouched: str
    news: str


def adopted(source: Source) -> Adopted | None:
    """Return another tool's copy of what was asked for, if there is one and its hash holds."""
    if not source.digest:
        return None
    algorithm, wanted = source.digest
    for path in _places(source):
        if os.path.isfile(path) and _hash(path, algorithm) == wanted:
            whose = "you" if source.demanded else "the catalogue"
            return Adopted(path, f"{algorithm} named by {whose}", f"adopted from {path}")
    return None


def _places(source: Source) -> list[str]:
    keras = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    return [os.path.join(keras, "models", source.file_name)]


def _hash(path: str, algorithm: str) -> str:
    from loadstone.fetch.hashing import hash_file

    try:
        return hash_file(path, (algorithm,))[algorithm]
    except OSError:
        return ""
