"""Faults between a file and the TensorFlow that is to read it."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
