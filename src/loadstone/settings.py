"""What the person's environment says: where Loadstone keeps its files, and whether it may use the network.

What this is not: the caches themselves; `fetch` keeps what it has downloaded there, `runtime` its prepared networks.

This module stands on the path of `loadstone list` and of `get` for something already here, so it imports next to
nothing: platformdirs costs two bare starts of Python and gives the same answer on Linux and macOS (a test compares).
"""

from __future__ import annotations

import os
import sys

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


def home() -> str:
    """Return the folder of Loadstone's own files: `LOADSTONE_HOME`, or the platform's own place for caches."""
    if named := os.environ.get("LOADSTONE_HOME"):
        return os.path.abspath(os.path.expanduser(named))
    if sys.platform == "win32":
        import platformdirs

        return platformdirs.user_cache_dir("loadstone", appauthor=False)
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches/loadstone")
    return os.path.join(_xdg_cache(), "loadstone")


def _xdg_cache() -> str:
    named = os.environ.get("XDG_CACHE_HOME", "").strip()
    # The specification tells to ignore a relative path.
    return named if os.path.isabs(named) else os.path.expanduser("~/.cache")


def is_offline() -> bool:
    """Return whether `LOADSTONE_OFFLINE` forbids the network."""
    return os.environ.get("LOADSTONE_OFFLINE", "").strip().lower() in TRUE_WORDS
