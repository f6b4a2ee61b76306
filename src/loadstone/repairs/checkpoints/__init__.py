"""Repairs of checkpoints: names, heads, shards, checksums."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = ()
