"""Faults of classes, functions and operations that the file needs and does not hold."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
