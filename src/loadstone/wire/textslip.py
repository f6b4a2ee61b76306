"""A mistake in a protobuf text: where it is, what it is, and what would stand there without it.

What it is: edits as data, and a text with them made. What it is not: the finding of mistakes (`texttolerant`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

SlipKind = Literal[
    "encoding",
    "invisible",
    "quotes",
    "brace",
    "unquoted",
    "backslash",
    "quoted-value",
    "garbage",
    "unknown-field",
    "misplaced-field",
    "wrong-value",
    "syntax",
]
"""`encoding`: byte order mark, UTF-16, Windows-1252. `quoted-value`: a number, word or truth value in quotes."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake: the bytes from `at` to `end`, and what is to stand there (`None`: nobody can know).

    `sure` is False where another reading is possible, so that a person should look.
    """

    kind: SlipKind
    at: int
    end: int
    fact: str
    replacement: bytes | None = None
    sure: bool = True
    expected: str = ""


def mended(data: bytes, slips: Iterable[Slip]) -> bytes:
    """Return the text with every slip replaced that has a replacement; the rest byte for byte."""
    out: list[bytes] = []
    done = 0
    for slip in sorted(slips, key=lambda one: (one.at, one.end)):
        if slip.replacement is not None and slip.at >= done:
            out += (data[done : slip.at], slip.replacement)
            done = slip.end
    return b"".join((*out, data[done:]))


def lines_of(data: bytes, slip: Slip, slips: Iterable[Slip] = ()) -> tuple[str, str | None]:
    """Return the line that a slip stands in, and the line as it would be with every slip on it mended.

    The second is None where nobody can know it; without `slips` only this one is mended.
    """
    start = data.rfind(b"\n", 0, slip.at) + 1
    end = data.find(b"\n", max(slip.end, slip.at))
    end = len(data) if end < 0 else end
    before = _shown(data[start:end])
    if slip.replacement is None:
        return before, None
    inside = [one for one in slips if start <= one.at and one.end <= end] or [slip]
    moved = [replace(one, at=one.at - start, end=one.end - start) for one in inside]
    return before, _shown(mended(data[start:end], moved))


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip("\r\n")
    return text if len(text) <= 200 else f"{text[:200]}…"
