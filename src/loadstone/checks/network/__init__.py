"""Faults of the way to an address."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
