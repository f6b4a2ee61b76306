"""Faults of too little memory."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
