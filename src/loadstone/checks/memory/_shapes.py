"""What a tensor that did not fit into memory was: its shape, its size, and whether a batch, a picture or a weight."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["batch", "image", "model"]

_ALLOCATED = re.compile(
    r"OOM when allocating tensor (?:with |of )?shape\s*\[(?P<shape>[\d,\s]+)\](?: and type (?P<type>\w+))?[^\n]*"
    r"(?:\n[^\n]*\[\[[^\n]*)?"
)
_BYTES = {
    "double": 8,
    "float64": 8,
    "int64": 8,
    "half": 2,
    "float16": 2,
    "bfloat16": 2,
    "uint8": 1,
    "int8": 1,
    "bool": 1,
}
_OF_A_WEIGHT = re.compile(
    r"(?i)/Adam|/Momentum|RMSProp|optimizer|/Assign\b|restore|RestoreV2|random_uniform|RandomUniform|truncated_normal|"
    r"TruncatedNormal|Initializer|VarHandleOp|VariableV2|zeros_like|slot"
)
MOST_ROWS = 100_000
"""Rows beyond which two dimensions are a weight's, whatever the second: no batch is that large."""
LARGE_SIDE = 1000
"""Pixels: a feature map of at least this height and width comes of a picture that was not made small."""
LARGE_KERNEL = 15
"""Height and width up to which four dimensions may be those of a convolution's weights."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """One tensor that did not fit. `line` is the message's line; `size` is in bytes."""

    shape: tuple[int, ...]
    size: int
    kind: Kind
    line: str


def allocations(text: str) -> Iterator[Allocation]:
    """Yield each distinct tensor that a text says did not fit."""
    seen = set()
    for match in _ALLOCATED.finditer(text):
        shape = tuple(int(part) for part in match["shape"].split(",") if part.strip())
        if not shape or shape in seen:
            continue
        seen.add(shape)
        size = math.prod(shape) * _BYTES.get(match["type"] or "", 4)
        yield Allocation(shape, size, _kind(shape, match[0]), match[0].strip()[:300])


def _kind(shape: tuple[int, ...], line: str) -> Kind:
    """Judge by the shape: a weight has no batch; a map of one picture, or of a thousand pixels, is the picture's."""
    if len(shape) == 1:
        return "model"
    if len(shape) == 2:
        of_a_weight = min(shape) >= 256 or max(shape) >= MOST_ROWS or _OF_A_WEIGHT.search(line) is not None
        return "model" if of_a_weight else "batch"
    if _is_kernel(shape) or (_OF_A_WEIGHT.search(line) and shape[0] <= LARGE_KERNEL):
        return "model"
    sides = sorted(shape[1:], reverse=True)[:2]
    if shape[0] == 1 or (len(sides) == 2 and sides[1] >= LARGE_SIDE):
        return "image"
    return "batch"


def _is_kernel(shape: tuple[int, ...]) -> bool:
    """Whether four dimensions are a convolution's (height, width, in, out)."""
    return (
        len(shape) == 4
        and max(shape[:2]) <= LARGE_KERNEL
        and shape[0] == shape[1]
        and min(shape[2:]) >= 3
        and (math.prod(shape[2:]) >= math.prod(shape[:2]) * 16)
    )


def sized(size: int) -> str:
    """Return a number of bytes in the unit that keeps it short."""
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size >= 1 << power:
            return f"{size / (1 << power):.1f} {unit}"
    return f"{size} bytes"
