"""Repairs of pipeline.config and label maps as text."""

from __future__ import annotations

REPAIRS: tuple[str, ...] = ()
