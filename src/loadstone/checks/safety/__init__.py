"""What a file would do beyond computing, said and never done."""

from __future__ import annotations

FAULTS: dict[str, str] = {}
