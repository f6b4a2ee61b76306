"""Faults of permission and of locks."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
