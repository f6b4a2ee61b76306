"""Faults between weights and the architecture that they are to fill."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
