"""A path as its text, of what a person gave for one."""

from __future__ import annotations

import os
from typing import Any

from loadstone.errors import SourceError


def path_text(value: Any, what: str) -> str:
    """Return the path that a person gave; `SourceError`, naming `what` it was to be, for anything that is none."""
    if isinstance(value, str | os.PathLike) and isinstance(text := os.fspath(value), str):
        return text
    raise SourceError(f"{what} is no path", expected="a text or a pathlib.Path", found=repr(value)[:80])
