"""What came of filling a network with a file's weights: the account that every way of doing so gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = 8
"""Names of a kind that are written out; the others are counted."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A variable whose tensor has another shape (`found` is None where the file does not say one)."""

    variable: str
    expected: tuple[int, ...]
    tensor: str
    found: tuple[int | None, ...] | None

    def __str__(self) -> str:
        return f"{self.variable} {_shape(self.expected)}, but {self.tensor} is {_shape(self.found)}"


@dataclass(frozen=True, slots=True)
class Unclear:
    """A variable that several tensors could fill: none of them was taken."""

    variable: str
    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.variable}: {' or '.join(self.candidates)}"


@dataclass(frozen=True, slots=True)
class WeightReport:
    """Which tensor of `source` filled which variable of a network, and what was left over on either side.

    `matched`: variable → tensor; `how`: variable → `path`, `name`, `layer`, `rename` or `shape`, where it is known.
    `unmatched`: variables that nothing in the file is for. `misshapen`: variables whose tensor has another shape.
    `ambiguous`: variables with several candidates. `not_finite`: variables whose tensor holds NaN or infinity.
    `initialised`: variables given new values, because the number of classes was to be another than the file's.
    `skipped`: variables that were not asked for. `unused`: weights of the file that no variable asked for.
    """

    source: str = ""
    matched: Mapping[str, str] = field(default_factory=dict)
    how: Mapping[str, str] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    misshapen: tuple[Misfit, ...] = ()
    ambiguous: tuple[Unclear, ...] = ()
    not_finite: tuple[str, ...] = ()
    initialised: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Variables that were to be filled from the file."""
        lacking = (self.unmatched, self.misshapen, self.ambiguous, self.not_finite)
        return len(self.matched) + sum(map(len, lacking))

    @property
    def complete(self) -> bool:
        """Whether every variable that was to be filled from the file was."""
        return len(self.matched) == self.total

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        origin = f" from {self.source}" if self.source else ""
        yield f"{len(self.matched):,} of {self.total:,} variables filled{origin}"
        by_shape = [f"{name} from {self.matched[name]}" for name, how in self.how.items() if how == "shape"]
        yield from _listed("filled by their shape alone, as nothing else has it", by_shape)
        yield from _listed("without a tensor in the file", self.unmatched)
        yield from _listed("of another shape", self.misshapen)
        yield from _listed("with several candidates, none taken", self.ambiguous)
        yield from _listed("whose tensors hold NaN or infinity", self.not_finite)
        yield from _listed("initialised anew", self.initialised)
        yield from _listed("not asked for", self.skipped)
        yield from _listed("tensors of the file that no variable asked for", self.unused)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "source": self.source,
            "complete": self.complete,
            "matched": dict(self.matched),
            "how": dict(self.how),
            "unmatched": list(self.unmatched),
            "misshapen": [
                {
                    "variable": one.variable,
                    "expected": list(one.expected),
                    "tensor": one.tensor,
                    "found": None if one.found is None else list(one.found),
                }
                for one in self.misshapen
            ],
            "ambiguous": [{"variable": one.variable, "candidates": list(one.candidates)} for one in self.ambiguous],
            "not_finite": list(self.not_finite),
            "initialised": list(self.initialised),
            "skipped": list(self.skipped),
            "unused": list(self.unused),
        }


def _listed(what: str, items: Iterator[object] | tuple[object, ...] | list[str]) -> Iterator[str]:
    """Yield a heading with the number of items, and the first few of them."""
    found = list(items)
    if not found:
        return
    yield f"  {len(found):,} {what}:"
    yield from (f"    {item}" for item in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"    … and {len(found) - SHOWN:,} more"


def _shape(shape: tuple[int | None, ...] | None) -> str:
    if shape is None:
        return "of unknown shape"
    return "(" + ", ".join("?" if side is None else str(side) for side in shape) + ")"
