"""Faults of the bytes: cut short, changed, or another thing altogether."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "lfs-pointer": "git-lfs-pointer checkpoint savedmodel archive folder",
}
