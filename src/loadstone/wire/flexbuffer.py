"""FlexBuffers: the schema-less values in which TFLite keeps the options of custom operations.

What it is: `parse(data)` → None, bool, int, float, str, bytes, list or dict. What it is not: lazy; options are small.
Specification: FlatBuffers, "FlexBuffers" (flatbuffers.dev). The root stands at the end: its value, its packed type
(`type << 2 | log2(width)`) and its width; every offset points backwards and is checked.
"""

from __future__ import annotations

import struct
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import FLEXBUFFER_BYTES, FLEXBUFFER_DEPTH, FLEXBUFFER_VALUES, shown

Value: TypeAlias = "bool | int | float | str | bytes | list[Value] | dict[str, Value] | None"

NULL, INT, UINT, FLOAT, KEY, STRING, INDIRECT_INT, INDIRECT_UINT, INDIRECT_FLOAT, MAP, VECTOR = range(11)
BLOB, BOOL, VECTOR_BOOL = 25, 26, 36
_TYPED = {11: INT, 12: UINT, 13: FLOAT, 14: KEY, 15: STRING, VECTOR_BOOL: BOOL}
_FLOATS = {2: "<e", 4: "<f", 8: "<d"}


def parse(data: bytes) -> Value:
    """Return the value that the buffer holds."""
    if not 3 <= len(data) <= FLEXBUFFER_BYTES:
        raise FormatError(
            "not a flexbuffer", expected=f"3 to {FLEXBUFFER_BYTES:,} bytes", found=shown(len(data)), where="byte 0"
        )
    width = data[-1]
    if width not in (1, 2, 4, 8):
        raise FormatError(
            "the root of a flexbuffer has an impossible width", where=f"byte {len(data) - 1:,}", found=str(width)
        )
    return _Reader(data).value(len(data) - 2 - width, width=width, packed=data[-2], depth=0)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = FLEXBUFFER_VALUES

    def value(self, at: int, *, width: int, packed: int, depth: int) -> Value:
        """Return the value in the slot at `at`, which is `width` bytes wide."""
        self.left -= 1
        if depth > FLEXBUFFER_DEPTH or self.left < 0:
            raise LimitError(
                "a flexbuffer nests too deep or holds too much",
                where=f"byte {at:,}",
                expected=f"at most {FLEXBUFFER_DEPTH} levels and {FLEXBUFFER_VALUES:,} values",
            )
        kind, child = packed >> 2, 1 << (packed & 3)
        if kind == NULL:
            return None
        if kind in (INT, UINT, FLOAT, BOOL):
            return self._scalar(at, kind=kind, width=width)
        target = at - self._unsigned(at, width)
        if kind in (INDIRECT_INT, INDIRECT_UINT, INDIRECT_FLOAT):
            return self._scalar(target, kind=kind - INDIRECT_INT + INT, width=child)
        if kind in (KEY, STRING, BLOB):
            return self._bytes(target, kind=kind, width=child)
        if kind in (MAP, VECTOR):
            return self._container(target, kind=kind, width=child, depth=depth)
        return self._typed(target, kind=kind, width=child, depth=depth)

    def _scalar(self, at: int, *, kind: int, width: int) -> Value:
        raw = self._raw(at, width)
        if kind == FLOAT:
            if width == 1:
                raise FormatError("a flexbuffer float of one byte", where=f"byte {at:,}")
            return float(struct.unpack(_FLOATS[width], raw)[0])
        number = int.from_bytes(raw, "little", signed=kind == INT)
        return number != 0 if kind == BOOL else number

    def _bytes(self, at: int, *, kind: int, width: int) -> Value:
        if kind == KEY:
            return self._key(at)
        raw = self._raw(at, self._unsigned(at - width, width))
        return raw if kind == BLOB else raw.decode("utf-8", "backslashreplace")

    def _key(self, at: int) -> str:
        end = self.data.find(b"\0", at) if at >= 0 else -1
        if end < 0:
            raise TruncatedError("a flexbuffer key has no end", where=f"byte {at:,}")
        return self.data[at:end].decode("utf-8", "backslashreplace")

    def _container(self, at: int, *, kind: int, width: int, depth: int) -> Value:
        count = self._count(at, width, types=1)
        slots = [at + width * index for index in range(count)]
        packed = self._raw(at + width * count, count)
        values = [
            self.value(slot, width=width, packed=code, depth=depth + 1)
            for slot, code in zip(slots, packed, strict=True)
        ]
        if kind == VECTOR:
            return values
        keys_at = at - 3 * width - self._unsigned(at - 3 * width, width)
        key_width = self._unsigned(at - 2 * width, width)
        if key_width not in (1, 2, 4, 8) or self._count(keys_at, key_width, types=0) != count:
            raise FormatError("a flexbuffer map's keys do not match its values", where=f"byte {at:,}")
        places = (keys_at + key_width * index for index in range(count))
        names = [self._key(place - self._unsigned(place, key_width)) for place in places]
        return dict(zip(names, values, strict=True))

    def _typed(self, at: int, *, kind: int, width: int, depth: int) -> Value:
        if kind in _TYPED:
            element, count = _TYPED[kind], self._count(at, width, types=0)
        elif 16 <= kind <= 24:
            # Fixed vectors: two, three and four elements of int, uint and float; no length is stored.
            element, count = INT + (kind - 16) % 3, 2 + (kind - 16) // 3
        else:
            raise FormatError("an unknown flexbuffer type", where=f"byte {at:,}", found=str(kind))
        packed = element << 2
        return [self.value(at + width * index, width=width, packed=packed, depth=depth + 1) for index in range(count)]

    def _count(self, at: int, width: int, types: int) -> int:
        """Return a vector's length, checked against the bytes behind it (`types` bytes more an element)."""
        count = self._unsigned(at - width, width)
        if count * (width + types) > len(self.data) - at:
            raise TruncatedError(
                "a flexbuffer vector declares more than there is",
                where=f"byte {at:,}",
                expected=f"{count:,} elements",
                found=f"{shown(max(0, len(self.data) - at))} left",
            )
        return count

    def _unsigned(self, at: int, width: int) -> int:
        return int.from_bytes(self._raw(at, width), "little")

    def _raw(self, at: int, count: int) -> bytes:
        if at < 0 or at + count > len(self.data):
            raise TruncatedError(
                "a flexbuffer offset points outside", where=f"byte {at:,}", expected=f"0 to {len(self.data):,}"
            )
        return self.data[at : at + count]
