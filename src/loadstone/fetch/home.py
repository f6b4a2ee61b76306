"""Where Loadstone keeps what it has fetched, and the variables that steer fetching.

What this is not: the cache itself (`shelf` looks things up in it, `store` writes it).

This module stands on the path of `loadstone list` and of `get` for something already here, so it imports next to
nothing: platformdirs costs two bare starts of Python and gives the same answer on Linux and macOS (a test compares).
"""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})


def home() -> str:
    """Return the folder of the cache: `LOADSTONE_HOME`, or the platform's own place for caches."""
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


class Patience(NamedTuple):
    """How long a transfer waits, and how often it tries again. Seconds and bytes per second.

    `attempts` counts tries in a row without useful progress; `most_attempts` counts all of them.
    """

    connect: float = 10.0
    stall: float = 30.0
    least_rate: float = 512.0
    rate_window: float = 60.0
    attempts: int = 6
    most_attempts: int = 60
    first_wait: float = 0.5
    longest_wait: float = 30.0
    longest_retry_after: float = 300.0


def patience() -> Patience:
    """Return the limits, each of which an environment variable (`LOADSTONE_STALL_SECONDS` and so on) may change."""
    given = Patience()
    return given._replace(
        connect=_number("LOADSTONE_CONNECT_SECONDS", given.connect),
        stall=_number("LOADSTONE_STALL_SECONDS", given.stall),
        attempts=int(_number("LOADSTONE_ATTEMPTS", given.attempts)),
        first_wait=_number("LOADSTONE_RETRY_SECONDS", given.first_wait),
    )


def _number(variable: str, otherwise: float) -> float:
    text = os.environ.get(variable, "").strip()
    if not text:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e6:
        from loadstone.errors import SourceError

        raise SourceError(
            f"{variable} is not a number that can be used",
            expected="a number above 0",
            found=repr(text),
            help=f"unset {variable}, or set it to a number",
        )
    return number
