"""Protocol Buffers wire format, written from plain values; the counterpart of `protobuf`.

What it is: `encode` turns a mapping of field names to values into bytes, fields by number, map keys sorted, so that the
same values always give the same bytes. What it is not: a keeper of proto3's rule that a default is left out: a field
that is given is written.
Specification: protobuf.dev, "Encoding".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from loadstone.wire.protobuf import FIXED32, FIXED64, LEN, VARINT, MessageType

Values: TypeAlias = Mapping[str, Any]
"""Field name → int, float, bool, str, bytes or another mapping; a list where the field is repeated, a dict for a map.

A message field may also be given as `bytes`: it is taken as already encoded.
"""

_MASK = 0xFFFFFFFFFFFFFFFF


def varint(value: int) -> bytes:
    """Return the base-128 varint of a number; a negative one as 64-bit two's complement."""
    value &= _MASK
    if value < 0x80:
        return _ONE_BYTE[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))


def tag(number: int, wire: int) -> bytes:
    """Return the tag in front of a field."""
    return varint(number << 3 | wire)


def field_bytes(number: int, payload: bytes) -> bytes:
    """Return a length-delimited field: tag, length, payload."""
    return b"".join((tag(number, LEN), varint(len(payload)), payload))


def encode(kind: MessageType, values: Values) -> bytes:
    """Return the message of `kind` with these values. A name or kind of value that the schema lacks is our mistake."""
    parts: list[bytes] = []
    for field in sorted(values, key=lambda name: kind.fields[name][0]):
        number, declared = kind.fields[field]
        value = values[field]
        if declared.startswith("map:"):
            parts += (field_bytes(number, _pair(kind, field, key, value[key])) for key in sorted(value))
        elif declared.startswith("*"):
            parts.append(_repeated(kind, field, declared[1:], value))
        else:
            parts.append(_single(number, declared, _payload(kind, field, declared, value)))
    return b"".join(parts)


def _pair(kind: MessageType, field: str, key: str, value: Any) -> bytes:
    declared = kind.fields[field][1].removeprefix("map:")
    return field_bytes(1, key.encode()) + _single(2, declared, _payload(kind, field, declared, value))


def _repeated(kind: MessageType, field: str, declared: str, values: Iterable[Any]) -> bytes:
    number = kind.fields[field][0]
    if _scalar(declared) and declared not in ("string", "bytes"):
        return field_bytes(number, b"".join(_payload(kind, field, declared, value) for value in values))
    return b"".join(_single(number, declared, _payload(kind, field, declared, value)) for value in values)


def _scalar(declared: str) -> bool:
    return declared in _WRITERS or declared.startswith("enum:")


def _payload(kind: MessageType, field: str, declared: str, value: Any) -> bytes:
    if declared in _WRITERS:
        return _WRITERS[declared](value)
    if declared.startswith("enum:"):
        return varint(value)
    return value if isinstance(value, bytes) else encode(kind.of(field), value)


def _single(number: int, declared: str, payload: bytes) -> bytes:
    wire = _WIRES.get(declared, VARINT if declared.startswith("enum:") else LEN)
    return field_bytes(number, payload) if wire == LEN else tag(number, wire) + payload


def _zigzag(value: int) -> bytes:
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _text(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def float32_bytes(value: float) -> bytes:
    """Return a float's four bytes; a value beyond its range becomes an infinity, as the official writers do."""
    return _packed("<f", value)


def float64_bytes(value: float) -> bytes:
    """Return a double's eight bytes; an integer beyond its range becomes an infinity."""
    return _packed("<d", value)


def _packed(code: str, value: float) -> bytes:
    try:
        return struct.pack(code, value)
    except OverflowError:
        return struct.pack(code, float("inf") if value > 0 else float("-inf"))


_WRITERS: dict[str, Callable[[Any], bytes]] = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool", "enum"), varint),
    **dict.fromkeys(("sint32", "sint64"), _zigzag),
    **dict.fromkeys(("string", "bytes"), _text),
    "float": float32_bytes,
    "double": float64_bytes,
    "fixed32": lambda value: struct.pack("<I", value & 0xFFFFFFFF),
    "fixed64": lambda value: struct.pack("<Q", value & _MASK),
}

_WIRES: dict[str, int] = {
    **dict.fromkeys(("int32", "int64", "uint32", "uint64", "bool", "enum", "sint32", "sint64"), VARINT),
    **dict.fromkeys(("float", "fixed32"), FIXED32),
    **dict.fromkeys(("double", "fixed64"), FIXED64),
}
