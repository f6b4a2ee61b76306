"""What checking every checksum of a file established."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One tensor whose bytes or checksum do not hold: its name, and the reason in one line."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How many tensors were read and held, which failed, and how many carry no checksum.

    `nbytes` counts the bytes that a checksum covered and that were read.
    """

    checked: int
    nbytes: int
    unprotected: int
    failures: tuple[Failure, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing failed. A file without any checksum is sound as far as it can be told."""
        return not self.failures
