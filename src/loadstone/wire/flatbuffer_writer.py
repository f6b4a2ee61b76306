"""FlatBuffers and FlexBuffers, written from plain values; the counterparts of `flatbuffer` and `flexbuffer`.

What it is: a table is a mapping from slot to value. What it is not: compact; every field takes eight bytes, so that any
scalar is aligned, and vectors of bytes lie on sixteen, as TensorFlow Lite wants its weights.
Specification: FlatBuffers, "FlatBuffer Internals" and "FlexBuffers" (flatbuffers.dev).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WEIGHT_ALIGNMENT = 16

INT, FLOAT, MAP, BOOL = 1, 3, 9, 26
"""FlexBuffers' types that options need."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number stored within its table; `code` is that of `struct`."""

    code: str
    value: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """A vector of numbers of one `struct` code."""

    code: str
    values: Sequence[float]


Value: TypeAlias = "Scalar | Numbers | bytes | str | Sequence[Mapping[int, Value]] | Mapping[int, Value]"
"""A number, a vector of numbers, a vector of bytes, a string, a vector of tables, or a table."""


def flatbuffer(root: Mapping[int, Value], identifier: bytes) -> bytes:
    """Return the buffer whose root is this table, with its four bytes of identifier."""
    out = bytearray(8)
    struct.pack_into("<I4s", out, 0, _table(out, root), identifier)
    return bytes(out)


def _put(out: bytearray, value: Value) -> int:
    """Append what is reached by an offset; return where it begins."""
    if isinstance(value, str):
        raw = value.encode()
        return _vector(out, len(raw), raw + b"\0", 4)
    if isinstance(value, bytes):
        return _vector(out, len(value), value, WEIGHT_ALIGNMENT)
    if isinstance(value, Numbers):
        packed = struct.pack(f"<{len(value.values)}{value.code}", *value.values)
        return _vector(out, len(value.values), packed, 8)
    if isinstance(value, Mapping):
        return _table(out, value)
    if isinstance(value, Scalar):
        raise ValueError("a number lies within its table")
    begin = _vector(out, len(value), bytes(4 * len(value)), 4)
    for index, item in enumerate(value):
        place = begin + 4 + 4 * index
        struct.pack_into("<I", out, place, _table(out, item) - place)
    return begin


def _vector(out: bytearray, count: int, content: bytes, alignment: int) -> int:
    """Append a count and what follows it, which is aligned."""
    out += bytes(-(len(out) + 4) % alignment)
    begin = len(out)
    out += struct.pack("<I", count)
    out += content
    return begin


def _table(out: bytearray, fields: Mapping[int, Value]) -> int:
    slots = max(fields, default=-1) + 1
    places = [4 + 4 + 8 * sorted(fields).index(slot) if slot in fields else 0 for slot in range(slots)]
    size = 8 + 8 * len(fields)
    # The table itself, with its four bytes before the first field, begins on a multiple of eight.
    out += bytes(-(len(out) + 4 + 2 * slots) % 8)
    vtable = len(out)
    out += struct.pack(f"<{2 + slots}H", 4 + 2 * slots, size, *places)
    begin = len(out)
    out += struct.pack("<i", begin - vtable) + bytes(size - 4)
    for slot in sorted(fields):
        value, place = fields[slot], begin + places[slot]
        if isinstance(value, Scalar):
            struct.pack_into(f"<{value.code}", out, place, value.value)
        else:
            struct.pack_into("<I", out, place, _put(out, value) - place)
    return begin


def flexbuffer_map(values: Mapping[str, int | float | bool]) -> bytes:
    """Return a FlexBuffer that is one map of numbers and truth values, four bytes each."""
    out, keys = bytearray(), sorted(values)
    begins = []
    for key in keys:
        begins.append(len(out))
        out += key.encode() + b"\0"
    out += bytes(-len(out) % 4) + struct.pack("<I", len(keys))
    vector = len(out)
    for begin in begins:
        out += struct.pack("<I", len(out) - begin)
    out += struct.pack("<3I", len(out) - vector, 4, len(keys))
    begin = len(out)
    types = bytearray()
    for key in keys:
        value = values[key]
        kind = BOOL if isinstance(value, bool) else FLOAT if isinstance(value, float) else INT
        out += struct.pack("<f" if kind == FLOAT else "<i", value)
        types.append(kind << 2 | 2)
    out += types
    out += bytes(-len(out) % 4)
    return bytes(out + struct.pack("<I2B", len(out) - begin, MAP << 2 | 2, 4))
