"""Faults of pipeline.config and label maps as text."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
