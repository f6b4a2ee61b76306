"""What mends a fault: a plan first, then a new file, then a second look at it.

A repair never judges (that is the checks' work) and never touches the original.
"""

from __future__ import annotations

from loadstone.repairs.run import fix, plans

__all__ = ["fix", "plans"]
