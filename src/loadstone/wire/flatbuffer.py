"""FlatBuffers, read without generated code; no offset is followed before it is checked against the buffer.

What it is: a `Table` is a place in a buffer with a `TableType` (its field names in slot order); every root, vtable,
vector and string is checked when it is reached. What it is not: a verifier of alignment, which no reader here needs.
Specification: FlatBuffers, "FlatBuffer Internals" (flatbuffers.dev).
A buffer may point to one place from many, so `Budget` bounds what is visited, not only what is stored.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import FLATBUFFER_UNITS, NAME_BYTES, shown
from loadstone.wire.protobuf import Buffer

_U16, _U32, _I32 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<i")
_CODES = {code: struct.Struct(f"<{code}") for code in "bBhHiIqQfd?"}


class TableType:
    """A table's name and its fields in slot order."""

    __slots__ = ("name", "slots")

    def __init__(self, name: str, fields: str) -> None:
        self.name = name
        self.slots = {field: slot for slot, field in enumerate(fields.split())}


class Budget:
    """How many tables and vector elements may still be visited in one buffer."""

    __slots__ = ("left",)

    def __init__(self, units: int = FLATBUFFER_UNITS) -> None:
        self.left = units

    def spend(self, units: int, at: int) -> None:
        self.left -= units
        if self.left < 0:
            raise LimitError(
                "the flatbuffer points to more tables and elements than are visited",
                where=f"byte {at:,}",
                expected=f"at most {FLATBUFFER_UNITS:,}",
            )


class Table:
    """A table at byte `at` of `data`, read by `kind`."""

    __slots__ = ("_fields", "_size", "_vtable", "at", "budget", "data", "kind", "where")

    def __init__(self, data: Buffer, at: int, kind: TableType, *, where: str, budget: Budget) -> None:
        self.data = data
        self.at = at
        self.kind = kind
        self.where = where
        self.budget = budget
        budget.spend(1, at)
        self._vtable = at - _number(data, at, _I32, where)
        size = _number(data, self._vtable, _U16, where)
        self._size = _number(data, self._vtable + 2, _U16, where)
        if size < 4 or size % 2 or self._vtable + size > len(data) or at + self._size > len(data):
            raise FormatError(
                "a flatbuffer table does not fit into the file",
                where=f"{where} (byte {at:,})",
                expected=f"a vtable and a table inside {shown(len(data))}",
                found=f"a vtable of {shown(size)} at byte {self._vtable:,}, a table of {shown(self._size)}",
            )
        self._fields = (size - 4) // 2

    def __contains__(self, field: str) -> bool:
        return self._place(field) != 0

    def _place(self, field: str) -> int:
        """Return the byte at which a field's value lies; 0 where the field is absent."""
        slot = self.kind.slots[field]
        if slot >= self._fields:
            return 0
        offset = _number(self.data, self._vtable + 4 + 2 * slot, _U16, self.where)
        if offset >= self._size > 0:
            raise FormatError(
                f"the field {field} lies outside of its table",
                where=f"{self.where} (byte {self.at:,})",
                expected=f"less than {self._size}",
                found=str(offset),
            )
        return self.at + offset if offset else 0

    def _target(self, field: str) -> int:
        """Follow the offset in a field; 0 where the field is absent."""
        place = self._place(field)
        return place + _number(self.data, place, _U32, f"{self.where}.{field}") if place else 0

    def number(self, field: str, code: str, default: int = 0) -> int:
        """Return an integer or bool field of the `struct` code."""
        place = self._place(field)
        return int(_number(self.data, place, _CODES[code], f"{self.where}.{field}")) if place else default

    def real(self, field: str, default: float = 0.0) -> float:
        """Return a float field."""
        place = self._place(field)
        return float(_number(self.data, place, _CODES["f"], f"{self.where}.{field}")) if place else default

    def span(self, field: str, width: int = 1) -> tuple[int, int]:
        """Return (start, count) of a vector of elements of `width` bytes; (0, 0) where it is absent."""
        place = self._target(field)
        if not place:
            return 0, 0
        where = f"{self.where}.{field}"
        count = _number(self.data, place, _U32, where)
        if count * width > len(self.data) - place - 4:
            raise TruncatedError(
                f"the vector {field} declares more than the file holds",
                where=f"{where} (byte {place:,})",
                expected=f"{count:,} elements of {shown(width)}",
                found=f"{shown(max(0, len(self.data) - place - 4))} left",
            )
        return place + 4, count

    def text(self, field: str) -> str:
        """Return a string field; empty where it is absent; bytes that are not UTF-8 are shown as escapes."""
        start, count = self.span(field)
        if count > NAME_BYTES:
            self.budget.spend(count // 16, start)
        return bytes(self.data[start : start + count]).decode("utf-8", "backslashreplace")

    def blob(self, field: str) -> bytes:
        """Return a vector of bytes, copied."""
        start, count = self.span(field)
        self.budget.spend(count // 16, start)
        return bytes(self.data[start : start + count])

    def numbers(self, field: str, code: str, at_most: int = FLATBUFFER_UNITS) -> tuple[Any, ...]:
        """Return a vector of numbers of the `struct` code; `LimitError` where it has more than `at_most`."""
        width = _CODES[code].size
        start, count = self.span(field, width)
        if count > at_most:
            raise LimitError(
                f"the vector {field} has too many elements",
                where=f"{self.where}.{field} (byte {start:,})",
                expected=f"at most {at_most:,}",
                found=f"{count:,}",
            )
        self.budget.spend(count // 4, start)
        return struct.unpack(f"<{count}{code}", bytes(self.data[start : start + count * width]))

    def table(self, field: str, kind: TableType) -> Table | None:
        """Return a sub-table, or None where it is absent."""
        place = self._target(field)
        return Table(self.data, place, kind, where=f"{self.where}.{field}", budget=self.budget) if place else None

    def tables(self, field: str, kind: TableType) -> Iterator[Table]:
        """Yield the tables of a vector."""
        start, count = self.span(field, 4)
        for index in range(count):
            where = f"{self.where}.{field}[{index}]"
            place = start + 4 * index
            target = place + _number(self.data, place, _U32, where)
            yield Table(self.data, target, kind, where=where, budget=self.budget)

    def texts(self, field: str) -> list[str]:
        """Return a vector of strings."""
        return [item.decode("utf-8", "backslashreplace") for item in self._strings(field)]

    def _strings(self, field: str) -> Iterator[bytes]:
        start, count = self.span(field, 4)
        for index in range(count):
            where = f"{self.where}.{field}[{index}]"
            place = start + 4 * index
            target = place + _number(self.data, place, _U32, where)
            length = _number(self.data, target, _U32, where)
            if target + 4 + length > len(self.data):
                raise TruncatedError("a string ends after the file", where=f"{where} (byte {target:,})")
            self.budget.spend(1 + length // 16, target)
            yield bytes(self.data[target + 4 : target + 4 + length])


def root(data: Buffer, kind: TableType, identifier: bytes) -> Table:
    """Return the root table; the four bytes of `identifier` must stand behind the root offset."""
    found = bytes(data[4:8])
    if found != identifier:
        raise FormatError(
            f"the flatbuffer is not a {kind.name}",
            where="byte 4",
            expected=repr(identifier),
            found=repr(found),
        )
    at = _number(data, 0, _U32, kind.name)
    if at < 8:
        raise FormatError(
            "the root offset points into the header", where="byte 0", expected="at least 8", found=str(at)
        )
    return Table(data, at, kind, where=kind.name, budget=Budget())


def _number(data: Buffer, at: int, form: struct.Struct, where: str) -> Any:
    raw = bytes(data[at : at + form.size]) if at >= 0 else b""
    if len(raw) < form.size:
        raise TruncatedError(
            "a flatbuffer offset points outside of the file",
            where=f"{where} (byte {at:,})",
            expected=f"at most {len(data) - form.size:,}",
            found=f"{at:,}",
        )
    return form.unpack(raw)[0]
