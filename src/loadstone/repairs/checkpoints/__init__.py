"""Repairs of checkpoints: each writes a new folder that holds the new files."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = (
    "restore-shard-names",
    "mend-state-file",
    "rewrite-checksums",
    "rename-variables",
    "resize-heads",
    "drop-heads",
    "drop-averages",
    "drop-optimizer-state",
    "write-config",
)
