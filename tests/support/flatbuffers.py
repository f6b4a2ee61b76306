"""FlatBuffers built by small functions, to make healthy and hostile files without TensorFlow.

A table is a dict from slot to value; a value is (struct code, number), bytes or str (a string), a list of tables or
strings (a vector of offsets), `Numbers`, or another dict.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Value: TypeAlias = "tuple[str, float] | bytes | str | list[Any] | Numbers | dict[int, Any]"


@dataclass(frozen=True)
class Numbers:
    """A vector of numbers of one `struct` code."""

    code: str
    values: tuple[float, ...]


def build(root: Mapping[int, Any], identifier: bytes) -> bytes:
    """Return the flatbuffer of a root table."""
    out = bytearray(struct.pack("<I4s", 0, identifier))
    struct.pack_into("<I", out, 0, _write(out, root))
    return bytes(out)


def _write(out: bytearray, value: Any) -> int:
    """Append a value that is reached by an offset, and return where it begins."""
    out += bytes(-len(out) % 8)
    if isinstance(value, Mapping):
        return _write_table(out, value)
    at = len(out)
    if isinstance(value, (bytes, str)):
        raw = value.encode() if isinstance(value, str) else value
        out += struct.pack("<I", len(raw)) + raw + b"\0"
    elif isinstance(value, Numbers):
        out += struct.pack(f"<I{len(value.values)}{value.code}", len(value.values), *value.values)
    else:
        out += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, item in enumerate(value):
            place = at + 4 + 4 * index
            target = _write(out, item)
            struct.pack_into("<I", out, place, target - place)
    return at


def _write_table(out: bytearray, table: Mapping[int, Any]) -> int:
    slots = max(table, default=-1) + 1
    size = 4 + 8 * slots
    vtable = len(out)
    out += struct.pack("<2H", 4 + 2 * slots, size)
    out += struct.pack(f"<{slots}H", *(4 + 8 * slot if slot in table else 0 for slot in range(slots)))
    at = len(out)
    out += struct.pack("<i", at - vtable) + bytes(8 * slots)
    for slot, value in table.items():
        place = at + 4 + 8 * slot
        if isinstance(value, tuple):
            struct.pack_into(f"<{value[0]}", out, place, value[1])
        else:
            target = _write(out, value)
            struct.pack_into("<I", out, place, target - place)
    return at
