"""Faults between installed packages."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
