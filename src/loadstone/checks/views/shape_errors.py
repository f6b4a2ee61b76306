"""Shapes that did not fit, read out of an error text: what the model has, what the file has, and for which variable.

What it is: every message of TensorFlow and Keras that names two shapes, and the transposition undone that Keras makes
before it gives up. What it is not: the arithmetic on them (`class_arithmetic`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Origin = Literal["tf1", "tf2", "keras-name", "keras-order", "keras"]

_SHAPE = r"[\[(]([\d, ?None]*)[\])]"
_PATTERNS: tuple[tuple[Origin, re.Pattern[str]], ...] = (
    (
        "tf1",
        re.compile(
            r"Assign requires shapes of both tensors to match\. lhs shape= ?(?P<model>\[[\d,]*\]) rhs shape= ?"
            r"(?P<file>\[[\d,]*\])(?:[^\n]*\n?[^\n]*?loc:@(?P<name>[\w./-]+))?"
        ),
    ),
    (
        "keras-name",
        re.compile(
            r"Layer #(?P<number>\d+) \(named [\\\"']*(?P<layer>[\w./-]+)[\\\"']*\), weight (?P<name><["
            r"^>]*>|\S+) has shape "
            r"(?P<model>\([\d, ]*\)), but the saved weight has shape (?P<file>\([\d, ]*\))"
        ),
    ),
    (
        "keras-order",
        re.compile(
            r"Shape mismatch in layer #(?P<number>\d+) ?\(named (?P<layer>[\w./-]+)\) ?for weight (?P<"
            r"name>[\w./:-]+)\. "
            r"Weight expects shape (?P<model>\([\d, ]*\))\. Received saved weight with shape (?P<file>\([\d, ]*\))"
        ),
    ),
    (
        "tf2",
        re.compile(
            r"Received incompatible tensor with shape (?P<file>\([\d, ]*\)) when attempting to restore"
            r" variable with shape"
            r" (?P<model>\([\d, ]*\)) and name (?P<name>[\w./:-]+)"
        ),
    ),
    (
        "keras",
        re.compile(
            r"Cannot assign (?:value )?to variable '? ?(?P<name>[\w./:-]+?)'?(?:: Shape mismatch\. The"
            r"| due to) variable "
            r"shape (?P<model>[\[(][\d, ]*[\])]),? and (?:the )?(?:assigned )?value shape (?P<file>[\[(][\d, ]*[\])])"
        ),
    ),
    (
        "keras",
        re.compile(
            r"The shape of the target variable and the shape of the target value in [`']variable\.assi"
            r"gn\(value\)[`'] must"
            r" match\. variable\.shape=(?P<model>\([\d, ]*\)), Received: value\.shape=(?P<file>\([\d, ]*\))"
            r"(?:\. Target variable: <\w+ (?:path|name)=(?P<name>[^,>]+))?"
        ),
    ),
    (
        "keras",
        re.compile(
            r"Shapes are (?P<model>\[[\d,]*\]) and (?P<file>\[[\d,]*\])\.(?: for '(?P<name>[^']*)')?[^\n]*op: 'Assign'"
        ),
    ),
    (
        "keras",
        re.compile(
            r"Layer weight shape (?P<model>\([\d, ]*\)) not compatible with provided weight shape (?P<file>\([\d, ]*\))"
        ),
    ),
    (
        "keras",
        re.compile(r"Layer shape (?P<model>\([\d, ]*\)) not compatible with weight shape (?P<file>\([\d, ]*\))"),
    ),
    (
        "tf2",
        re.compile(
            r"Tensor's shape (?P<file>\([\d, ]*\)) is not compatible with supplied shape (?P<model>[\[(][\d, ]*[\])])"
        ),
    ),
    (
        "tf2",
        re.compile(
            r"Shape of variable (?P<name>[\w./:-]+) \((?P<model>\([\d, ]*\))\) doesn't match with shape of tensor \S+ "
            r"\((?P<file>\[[\d, ]*\])\) from checkpoint reader"
        ),
    ),
)

_VARIABLE = re.compile(r"'(?P<name>[\w./-]+?)(?::\d+)?'|name=(?P<other>[\w./-]+)")


@dataclass(frozen=True, slots=True)
class ShapeError:
    """`model` is what the program built, `file` what was stored, both as they are; `printed` what the message shows.

    `name` is the variable's (or its layer's) name, empty where the message has none; `line` counts in the text.
    """

    name: str
    model: tuple[int, ...]
    file: tuple[int, ...]
    printed: tuple[int, ...]
    origin: Origin
    layer: str
    line: int
    shown: str

    @property
    def transposed(self) -> bool:
        """Whether the message shows the file's shape turned round."""
        return self.file != self.printed


def shape_errors(text: str) -> Iterator[ShapeError]:
    """Yield each pair of shapes that a message says do not fit, each message once."""
    seen: set[tuple[str, tuple[int, ...], tuple[int, ...]]] = set()
    for origin, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            groups = found.groupdict()
            model, printed = _shape(groups["model"]), _shape(groups["file"])
            name = _name(groups.get("name") or "", groups.get("layer") or "")
            if model is None or printed is None or (name, model, printed) in seen:
                continue
            seen.add((name, model, printed))
            line = text.count("\n", 0, found.start()) + 1
            shown = " ".join(found[0].split())[:300]
            stored = untransposed(model, printed) if origin.startswith("keras") else printed
            yield ShapeError(name, model, stored, printed, origin, groups.get("layer") or "", line, shown)


def _shape(text: str) -> tuple[int, ...] | None:
    parts = [part.strip() for part in text.strip("[]()").split(",") if part.strip()]
    return tuple(int(part) for part in parts) if all(part.isdecimal() and len(part) < 10 for part in parts) else None


def _name(name: str, layer: str) -> str:
    if re.fullmatch(r"(?:save/)?Assign(?:_\d+)?", name):
        # The operation's name, which tells no variable.
        return layer
    found = _VARIABLE.search(name)
    plain = (found["name"] or found["other"]) if found else name
    return (plain or layer).partition(":")[0]


def untransposed(model: tuple[int, ...], printed: tuple[int, ...]) -> tuple[int, ...]:
    """Undo Keras' last try with a convolution's kernel: it is turned by (3, 2, 0, 1) before the message is printed.

    It is known by the window's sides, which stand last then and first in the model's kernel.
    """
    if len(model) == 4 == len(printed) and model[:2] == printed[2:] and model[:2] != printed[:2]:
        return printed[2], printed[3], printed[1], printed[0]
    return printed
