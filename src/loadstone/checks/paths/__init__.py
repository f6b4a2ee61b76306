"""Faults of where a thing lies: a shard, a state file or a folder given for another."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
