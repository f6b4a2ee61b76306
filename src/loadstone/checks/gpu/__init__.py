"""Faults of CUDA, cuDNN, drivers and graphics cards."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
