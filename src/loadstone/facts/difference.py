"""What is not the same in two models, configurations or environments: facts, the largest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Aspect = Literal["structure", "shape", "configuration", "value"]

ASPECTS: tuple[Aspect, ...] = ("structure", "shape", "configuration", "value")


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that differs: `left` and `right` in each side's own words, empty where it is absent.

    `size` is the largest absolute difference of values, 0 where it is none; `reason` how a pair of other names was
    found.
    """

    aspect: Aspect
    name: str
    left: str
    right: str
    size: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between `left` and `right`, in the order of aspects, values by size.

    `same` counts tensors that are equal in name, shape and value. `unseen` says what could not be compared, and why:
    it is not taken for equal.
    """

    left: str
    right: str
    kind: Literal["models", "configurations", "environments"]
    changes: tuple[Changed, ...] = ()
    same: int = 0
    unseen: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def of(self, aspect: Aspect) -> tuple[Changed, ...]:
        """Return the changes of one aspect."""
        return tuple(change for change in self.changes if change.aspect == aspect)

    def __str__(self) -> str:
        from loadstone.report.diff_text import diff_text

        return diff_text(self)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `loadstone diff --json` prints."""
        from loadstone.report.diff_text import diff_document

        return diff_document(self)
