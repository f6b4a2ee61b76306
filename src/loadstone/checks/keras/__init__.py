"""Faults between versions of Keras."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
