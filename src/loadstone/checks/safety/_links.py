"""Where a link leads: within the folder or archive that it lies in, or out of it."""

from __future__ import annotations


def leaves(name: str, target: str) -> bool:
    """Return whether a link leads out of the folder or archive that holds `name`; links inside are ordinary."""
    if target.startswith(("/", "~")) or "\\" in target or target[1:2] == ":":
        return True
    depth = name.count("/")
    for part in target.split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
