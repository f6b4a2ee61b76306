"""FlexBuffers: the option maps of TensorFlow Lite's custom operators, read into plain values.

What it is: a reader of one map of scalars and strings, the only shape in which custom options are written.
What it is not: a reader of nested maps or vectors; such a value comes out as None.
Specification: flatbuffers.dev, "FlexBuffers internals": values are addressed backwards from the end, each reference is
an unsigned distance back from its own position, and the low two bits of a packed type give the width.
"""

from __future__ import annotations

import struct

from loadstone.errors import FormatError, LimitError, TruncatedError

Scalar = int | float | bool | str | None

INT, UINT, FLOAT, KEY, STRING = 1, 2, 3, 4, 5
INDIRECT_INT, INDIRECT_UINT, INDIRECT_FLOAT, MAP, BOOL = 6, 7, 8, 9, 26

ENTRIES_CAP = 1000
"""Entries of one option map; the largest known operator has eleven."""

KEY_BYTES = 256
"""A key's length; the longest known has 25."""

_FLOATS = {2: "<e", 4: "<f", 8: "<d"}


def read_map(data: bytes) -> dict[str, Scalar]:
    """Return the root map of a FlexBuffer: key → number, bool, text, or None for a nested value."""
    if len(data) < 3:
        raise TruncatedError(
            "the FlexBuffer is shorter than its shortest form", expected="3 bytes", found=str(len(data))
        )
    width, packed = data[-1], data[-2]
    if packed >> 2 != MAP or width not in (1, 2, 4, 8):
        raise FormatError(
            "the FlexBuffer's root is not a map", where=f"byte {len(data) - 2:,}", found=f"type {packed >> 2}"
        )
    at = _follow(data, len(data) - 2 - width, width)
    inner = 1 << (packed & 3)
    count = _unsigned(data, at - inner, inner)
    if count > ENTRIES_CAP:
        raise LimitError(
            "the FlexBuffer's map is too long",
            where=f"byte {at:,}",
            expected=f"at most {ENTRIES_CAP}",
            found=f"{count:,}",
        )
    keys = _follow(data, at - 3 * inner, inner)
    key_width = _unsigned(data, at - 2 * inner, inner)
    if key_width not in (1, 2, 4, 8):
        raise FormatError("the FlexBuffer's keys have no possible width", where=f"byte {at:,}", found=str(key_width))
    found: dict[str, Scalar] = {}
    for index in range(count):
        name = _key(data, _follow(data, keys + index * key_width, key_width))
        kind = _unsigned(data, at + count * inner + index, 1)
        found[name] = _value(data, at + index * inner, inner, kind)
    return found


def _unsigned(data: bytes, at: int, width: int) -> int:
    if at < 0 or at + width > len(data):
        raise TruncatedError(
            "a FlexBuffer reference points outside its bytes", where=f"byte {at:,}", found=f"{len(data):,} bytes"
        )
    return int.from_bytes(data[at : at + width], "little")


def _signed(data: bytes, at: int, width: int) -> int:
    value = _unsigned(data, at, width)
    return value - (1 << 8 * width) if value >> (8 * width - 1) else value


def _float(data: bytes, at: int, width: int) -> float:
    _unsigned(data, at, width)
    if width not in _FLOATS:
        raise FormatError("a FlexBuffer float has no possible width", where=f"byte {at:,}", found=f"{width} bytes")
    return float(struct.unpack_from(_FLOATS[width], data, at)[0])


def _follow(data: bytes, at: int, width: int) -> int:
    """Return where the reference at `at` points: that many bytes back."""
    target = at - _unsigned(data, at, width)
    if target < 0:
        raise FormatError("a FlexBuffer reference points before its first byte", where=f"byte {at:,}")
    return target


def _key(data: bytes, at: int) -> str:
    end = data.find(0, at, at + KEY_BYTES)
    if end < 0:
        raise LimitError("a FlexBuffer key does not end", where=f"byte {at:,}", expected=f"at most {KEY_BYTES} bytes")
    return data[at:end].decode("utf-8", "replace")


def _value(data: bytes, at: int, width: int, packed: int) -> Scalar:
    kind, own_width = packed >> 2, 1 << (packed & 3)
    if kind in (INDIRECT_INT, INDIRECT_UINT, INDIRECT_FLOAT):
        at, width, kind = _follow(data, at, width), own_width, kind - INDIRECT_INT + INT
    if kind == INT:
        return _signed(data, at, width)
    if kind == UINT:
        return _unsigned(data, at, width)
    if kind == FLOAT:
        return _float(data, at, width)
    if kind == BOOL:
        return _unsigned(data, at, width) != 0
    if kind == KEY:
        return _key(data, _follow(data, at, width))
    if kind == STRING:
        return _text(data, _follow(data, at, width), own_width)
    return None


def _text(data: bytes, at: int, width: int) -> str:
    length = _unsigned(data, at - width, width)
    if length > len(data) - at:
        raise TruncatedError(
            "a FlexBuffer text is longer than its bytes", where=f"byte {at:,}", expected=f"{length:,} bytes"
        )
    return data[at : at + length].decode("utf-8", "replace")
