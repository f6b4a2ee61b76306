"""What is wrong, and the proof: one fault, one file, in the family that it belongs to.

`check` looks at a source; `explain` at an error text. Both answer with findings of the same faults. Neither formats,
mends, imports a framework, or runs anything out of a file.
"""

from __future__ import annotations

from loadstone.checks.run import check

__all__ = ["check"]
