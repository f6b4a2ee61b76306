"""Faults of the path: nothing there, a part for the whole, a folder for a file."""

from __future__ import annotations

FAULTS: dict[str, str] = {
    "ckpt-path-is-shard-file": "file",
    "ckpt-path-is-state-file": "checkpoint",
    "ckpt-prefix-not-found": "broken checkpoint",
    "savedmodel-path-is-the-pb": "savedmodel tfhub-v1",
    "path-is-directory": "folder",
    "path-missing-masked-unicode": "",
    "path-wrong-or-missing": "broken",
}
