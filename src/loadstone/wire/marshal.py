"""Python's marshalled code objects as plain values: what a `Lambda` layer of Keras holds. Nothing is made that can run.

What it is: a parser for the types that code objects consist of, in the three layouts that Python has had, so that one
can say which Python wrote a function, and what its instructions are as bytes. What it is not: `marshal.loads`, which
takes one layout only, crashes on hostile bytes, and gives objects that run.
Specification: Python/marshal.c of CPython 2.7 and 3.4 to 3.14 (format versions 2 to 5).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Literal

from loadstone.errors import FormatError, LimitError, TruncatedError

MOST_BYTES = 1 << 20
"""A lambda is a few hundred bytes; a megabyte of one is none."""
MOST_OBJECTS = 100_000
DEEPEST = 64
MOST_DIGITS = 4096
"""Of 15 bits each. A number that is longer takes long to read, and none is needed for arithmetic on pictures."""

Layout = Literal["2", "3.0", "3.8", "3.11"]
"""The first Python whose code objects are laid out so."""

_REFERENCED = 0x80
_PLAIN = {"N": None, "T": True, "F": False, ".": ..., "S": StopIteration}


@dataclass(frozen=True, slots=True)
class Code:
    """A code object's parts: nothing of it is executable here.

    `local_names` begins with the arguments. `referenced` says whether the format marks shared objects (Python 3.4 on).
    """

    layout: Layout
    arguments: int
    instructions: bytes
    constants: tuple[Any, ...]
    names: tuple[Any, ...]
    local_names: tuple[Any, ...]
    referenced: bool


def parse_code(data: bytes) -> Code:
    """Parse a marshalled code object whose bytes are all of `data`; `FormatError` where no layout fits."""
    if len(data) > MOST_BYTES:
        raise LimitError(
            "a marshalled function is too long", expected=f"at most {MOST_BYTES:,} bytes", found=f"{len(data):,}"
        )
    layouts: tuple[Layout, ...] = ("3.11", "3.8", "3.0", "2")
    for layout in layouts:
        reader = _Reader(data, layout)
        try:
            found = reader.value(0)
        except FormatError:
            continue
        if isinstance(found, Code) and reader.at == len(data):
            return found
    raise FormatError("the bytes are not a marshalled function of any Python", found=repr(data[:16]))


class _Reader:
    def __init__(self, data: bytes, layout: Layout) -> None:
        self.at = 0
        self._data = data
        self._layout = layout
        self._shared: list[Any] = []
        self._interned: list[Any] = []
        self._count = 0

    def _take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self._data):
            raise TruncatedError("a marshalled value ends early", where=f"byte {self.at:,}")
        self.at += size
        return self._data[self.at - size : self.at]

    def _int(self) -> int:
        return int(struct.unpack("<i", self._take(4))[0])

    def value(self, depth: int) -> Any:
        self._count += 1
        if depth > DEEPEST or self._count > MOST_OBJECTS:
            raise LimitError("a marshalled value is too deep or too large")
        code = self._take(1)[0]
        kind, shared = chr(code & ~_REFERENCED), bool(code & _REFERENCED)
        place = len(self._shared)
        if shared:
            self._shared.append(None)
        found = self._code(depth, shared) if kind == "c" else self._parsed(kind, depth)
        if shared:
            self._shared[place] = found
        return found

    def _parsed(self, kind: str, depth: int) -> Any:
        if kind in _PLAIN:
            return _PLAIN[kind]
        if kind in "iI":
            return int.from_bytes(self._take(4 if kind == "i" else 8), "little", signed=True)
        if kind == "l":
            return self._long()
        if kind == "g":
            return struct.unpack("<d", self._take(8))[0]
        if kind == "f":
            return self._float_text()
        if kind == "y":
            return complex(*struct.unpack("<dd", self._take(16)))
        if kind in "stuaAzZ":
            return self._text(kind)
        if kind in "Rr":
            return self._earlier(self._interned if kind == "R" else self._shared)
        if kind in "()[<>":
            size = self._take(1)[0] if kind == ")" else self._int()
            return tuple(self.value(depth + 1) for _ in range(size))
        raise FormatError("a marshalled value of an unknown type", where=f"byte {self.at - 1:,}", found=repr(kind))

    def _long(self) -> int:
        size = self._int()
        if abs(size) > MOST_DIGITS:
            raise LimitError(
                "a marshalled number is too long", where=f"byte {self.at:,}", found=f"{abs(size):,} digits"
            )
        digits = struct.unpack(f"<{abs(size)}H", self._take(2 * abs(size)))
        found = 0
        for place, digit in enumerate(digits):
            found += int(digit) << (15 * place)
        return -found if size < 0 else found

    def _float_text(self) -> float:
        try:
            return float(self._take(self._take(1)[0]))
        except ValueError:
            raise FormatError("a marshalled number is no number", where=f"byte {self.at:,}") from None

    def _text(self, kind: str) -> str | bytes:
        raw = self._take(self._take(1)[0] if kind in "zZ" else self._int())
        found: str | bytes = raw if kind == "s" else raw.decode("utf-8", "backslashreplace")
        if kind == "t":
            self._interned.append(found)
        return found

    def _earlier(self, found: list[Any]) -> Any:
        place = self._int()
        if not 0 <= place < len(found):
            raise FormatError("a marshalled value refers to one that is not there", where=f"byte {self.at:,}")
        return found[place]

    def _code(self, depth: int, shared: bool) -> Code:
        counts = {"2": 4, "3.0": 5, "3.8": 6, "3.11": 5}[self._layout]
        arguments, *_ = [self._int() for _ in range(counts)]
        instructions, constants, names, local_names = (self.value(depth + 1) for _ in range(4))
        # The names of the local variables that inner functions use: two tuples, or from 3.11 on a kind for each name.
        for _ in range(1 if self._layout == "3.11" else 2):
            self.value(depth + 1)
        for _ in range(3 if self._layout == "3.11" else 2):
            # The file, the name, and from 3.11 on the qualified name.
            self.value(depth + 1)
        self._int()
        # The table of lines; Python 2 shares it with an empty text where it is empty.
        self.value(depth + 1)
        if self._layout == "3.11":
            self.value(depth + 1)
        if not isinstance(instructions, bytes):
            raise FormatError("a marshalled function has no instructions")
        if not all(isinstance(item, tuple) for item in (constants, names, local_names)):
            raise FormatError("a marshalled function has no names")
        return Code(self._layout, arguments, instructions, constants, names, local_names, shared)
