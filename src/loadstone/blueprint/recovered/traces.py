"""What the variables of a detector show, asked by pattern; and messages written from plain pairs.

What it is: the tools that the way back (`recover`) shares. What it is not: knowledge of any architecture.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from loadstone.errors import UnsupportedModelError
from loadstone.facts.tensor import Shape
from loadstone.wire.textproto import TextMessage, Word, build

Value: TypeAlias = "int | float | bool | str | Word | Pairs"
Pairs: TypeAlias = "Sequence[tuple[str, Value]]"
"""A message as (field, value); a list of pairs as value is a message inside."""


def message(pairs: Pairs) -> TextMessage:
    """Return the message of nested pairs."""
    fields: list[tuple[str, int | float | bool | str | Word | TextMessage]] = []
    for name, value in pairs:
        inside = isinstance(value, Sequence) and not isinstance(value, str)
        fields.append((name, message(value) if inside else value))  # type: ignore[arg-type]
    return build(fields)


def repeated(name: str, values: Sequence[float]) -> list[tuple[str, Value]]:
    """Return a repeated number field."""
    return [(name, value) for value in values]


@dataclass(frozen=True)
class Traces:
    """Variables by object-graph key, without suffix, and their shapes."""

    shapes: Mapping[str, Shape]

    def has(self, pattern: str) -> bool:
        """Whether a key matches."""
        return any(re.search(pattern, key) for key in self.shapes)

    def shape(self, pattern: str) -> tuple[int, ...]:
        """Return the shape of the first key that matches; raises where none does."""
        for key, shape in self.shapes.items():
            if re.search(pattern, key):
                return tuple(side or 0 for side in shape)
        raise UnsupportedModelError(f"no variable's key matches {pattern!r}, which this family has")

    def last(self, pattern: str) -> int:
        """Return the last dimension of the first match."""
        shape = self.shape(pattern)
        if not shape:
            raise UnsupportedModelError(f"the variable that matches {pattern!r} has no dimensions")
        return shape[-1]

    def numbers(self, pattern: str) -> list[int]:
        """Return the different numbers that the pattern's group takes, ascending."""
        return sorted({int(found[1]) for key in self.shapes if (found := re.search(pattern, key))})
