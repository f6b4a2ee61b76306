"""Faults of the loader: a sound file given to what cannot read its format."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
