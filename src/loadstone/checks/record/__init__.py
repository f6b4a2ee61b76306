"""What changed since a model was recorded."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
