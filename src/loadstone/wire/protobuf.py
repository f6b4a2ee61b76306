"""Protocol Buffers wire format, read lazily and without generated code.

What it is: a `Message` is a window of a buffer with a schema (`MessageType`); its fields are indexed on first access,
one level at a time, so skipping a sub-message costs one length. What it is not: a validator of `required`,
or a keeper of unknown fields (ask `unknown()` for their numbers).
Specification: protobuf.dev, "Encoding" (wire types 0, 1, 2, 5; groups, 3 and 4, are deprecated and refused).
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import PROTOBUF_DEPTH, PROTOBUF_FIELDS, shown

Buffer: TypeAlias = "bytes | mmap.mmap | memoryview"

VARINT, FIXED64, LEN, FIXED32 = 0, 1, 2, 5
_WIRE_NAMES = {0: "varint", 1: "fixed64", 2: "length-delimited", 3: "group", 4: "end of group", 5: "fixed32"}

Entry: TypeAlias = "int | tuple[int, int]"
"""A varint's or fixed field's raw unsigned value, or the (start, end) of a length-delimited field."""


class MessageType:
    """A message's name and its fields: field name → (number, type).

    The type is a scalar's name as in a .proto file (`string`, `bytes`, `int32`, `int64`, `uint32`, `uint64`, `bool`,
    `float`, `double`, `fixed32`, `fixed64`, `sint32`, `sint64`), `enum` or `enum:Name`, or another `MessageType`'s name
    in the same `registry`; a leading `*` means repeated; `map:` means map<string, that message or scalar>.
    """

    __slots__ = ("_kinds", "fields", "name", "numbers", "registry")

    def __init__(self, name: str, fields: Mapping[str, tuple[int, str]], registry: dict[str, MessageType]) -> None:
        self.name = name
        self.fields = fields
        self.numbers = {number: field for field, (number, _) in fields.items()}
        self.registry = registry
        self._kinds: dict[str, MessageType] = {}
        registry[name] = self

    def of(self, field: str) -> MessageType:
        """Return the message type of a field."""
        kind = self._kinds.get(field)
        if kind is None:
            # A type may be declared after the one that uses it, so it is looked up on first use.
            kind = self._kinds[field] = self.registry[self.fields[field][1].lstrip("*").removeprefix("map:")]
        return kind

    def __repr__(self) -> str:
        return f"MessageType({self.name!r})"


def read_varint(data: Buffer, at: int, end: int) -> tuple[int, int]:
    """Return (value, offset after it) of the base-128 varint at `at`; at most ten bytes, 64 bits."""
    value = shift = 0
    start = at
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise FormatError("a varint is longer than ten bytes", where=f"byte {start:,}")
    raise TruncatedError("the bytes end inside a varint", where=f"byte {start:,}")


def index_fields(data: Buffer, start: int, end: int) -> dict[int, list[Entry]]:
    """Index one message level: field number → its entries in order. Sub-messages are skipped, not entered."""
    fields: dict[int, list[Entry]] = {}
    at = start
    for _ in range(PROTOBUF_FIELDS):
        if at >= end:
            return fields
        tag_at = at
        tag = data[at]
        at += 1
        if tag >= 0x80:
            tag, at = read_varint(data, tag_at, end)
        wire = tag & 7
        entry: Entry
        if wire == LEN:
            if at < end and (length := data[at]) < 0x80:
                at += 1
            else:
                length, at = read_varint(data, at, end)
            if length > end - at:
                raise _past_end(tag_at, tag >> 3, length, end - at)
            entry = (at, at + length)
            at += length
        elif wire == VARINT:
            if at < end and (value := data[at]) < 0x80:
                at += 1
            else:
                value, at = read_varint(data, at, end)
            entry = value
        elif wire in (FIXED32, FIXED64):
            width = 4 if wire == FIXED32 else 8
            if end - at < width:
                raise _past_end(tag_at, tag >> 3, width, end - at)
            entry = int.from_bytes(data[at : at + width], "little")
            at += width
        else:
            raise FormatError(
                f"field {tag >> 3} has wire type {wire} ({_WIRE_NAMES.get(wire, 'unassigned')})",
                where=f"byte {tag_at:,}",
                expected="varint, fixed32, fixed64 or length-delimited",
            )
        number = tag >> 3
        if number == 0:
            raise FormatError("field number 0 does not exist in protobuf", where=f"byte {tag_at:,}")
        if number in fields:
            fields[number].append(entry)
        else:
            fields[number] = [entry]
    raise LimitError(f"one message holds more than {PROTOBUF_FIELDS:,} fields", where=f"byte {start:,}")


def _past_end(at: int, number: int, length: int, left: int) -> TruncatedError:
    return TruncatedError(
        f"field {number} declares more bytes than there are",
        where=f"byte {at:,}",
        expected=shown(length),
        found=f"{shown(max(left, 0))} left",
    )


class Message:
    """A lazily indexed protobuf message: a window `[start, end)` of `data`, read by `kind`."""

    __slots__ = ("_fields", "data", "depth", "end", "kind", "start", "where")

    def __init__(
        self, data: Buffer, kind: MessageType, start: int = 0, end: int = -1, where: str = "", depth: int = 0
    ) -> None:
        if depth > PROTOBUF_DEPTH:
            raise LimitError(f"protobuf messages nest deeper than {PROTOBUF_DEPTH}", where=where or f"byte {start:,}")
        self.data = data
        self.kind = kind
        self.start = start
        self.end = len(data) if end < 0 else end
        self.where = where or kind.name
        self.depth = depth
        self._fields: dict[int, list[Entry]] | None = None

    @property
    def entries(self) -> dict[int, list[Entry]]:
        """Field number → raw entries, indexed on first access."""
        if self._fields is None:
            try:
                self._fields = index_fields(self.data, self.start, self.end)
            except FormatError as error:
                raise error.at(self.where) from None
        return self._fields

    def _raw(self, field: str) -> list[Entry]:
        return self.entries.get(self.kind.fields[field][0], [])

    def _wrong(self, field: str, expected: str) -> FormatError:
        return FormatError(
            f"field {field} has the wrong wire type",
            where=f"{self.where}.{field} (from byte {self.start:,})",
            expected=expected,
        )

    def _spans(self, field: str) -> Iterator[tuple[int, int]]:
        for entry in self._raw(field):
            if isinstance(entry, int):
                raise self._wrong(field, "length-delimited")
            yield entry

    def spans_of(self, field: str) -> list[tuple[int, int]]:
        """Return every entry of a field as (start, end); a number, as unpacked lists hold, is (0, 0)."""
        return [(0, 0) if isinstance(entry, int) else entry for entry in self._raw(field)]

    def __contains__(self, field: str) -> bool:
        return self.kind.fields[field][0] in self.entries

    def unknown(self) -> tuple[int, ...]:
        """Return the numbers of fields that the schema does not know, ascending."""
        return tuple(sorted(number for number in self.entries if number not in self.kind.numbers))

    # One value: the last entry wins, as the specification says.

    def span(self, field: str) -> tuple[int, int] | None:
        """Return (start, end) of a bytes, string or message field in the buffer, or None where it is absent."""
        last = None
        for last in self._spans(field):  # noqa: B007 - the last one is wanted
            pass
        return last

    def blob(self, field: str) -> bytes:
        """Return a bytes field's content, copied; empty where it is absent."""
        span = self.span(field)
        return bytes(self.data[span[0] : span[1]]) if span else b""

    def text(self, field: str, default: str = "") -> str:
        """Return a string field; bytes that are not UTF-8 are shown as escapes."""
        span = self.span(field)
        return bytes(self.data[span[0] : span[1]]).decode("utf-8", "backslashreplace") if span else default

    def uint(self, field: str, default: int = 0) -> int:
        """Return an unsigned integer, bool or enum field."""
        entries = self._raw(field)
        if not entries:
            return default
        if not isinstance(entries[-1], int):
            raise self._wrong(field, "a number")
        return entries[-1]

    def sint(self, field: str, default: int = 0) -> int:
        """Return an int32 or int64 field (two's complement)."""
        return signed(self.uint(field, default & 0xFFFFFFFFFFFFFFFF))

    def flag(self, field: str) -> bool:
        """Return a bool field; False where it is absent."""
        return self.uint(field) != 0

    def float32(self, field: str, default: float = 0.0) -> float:
        """Return a float field."""
        if field not in self:
            return default
        return float(struct.unpack("<f", (self.uint(field) & 0xFFFFFFFF).to_bytes(4, "little"))[0])

    def float64(self, field: str, default: float = 0.0) -> float:
        """Return a double field."""
        if field not in self:
            return default
        return float(struct.unpack("<d", self.uint(field).to_bytes(8, "little"))[0])

    def message(self, field: str) -> Message:
        """Return a sub-message; an empty one where it is absent."""
        kind = self.kind.of(field)
        span = self.span(field) or (self.end, self.end)
        return Message(self.data, kind, span[0], span[1], f"{self.where}.{field}", self.depth + 1)

    # Repeated values.

    def messages(self, field: str) -> Iterator[Message]:
        """Yield the sub-messages of a repeated field."""
        kind = self.kind.of(field)
        where = f"{self.where}.{field}"
        for number, (start, end) in enumerate(self._spans(field)):
            yield Message(self.data, kind, start, end, f"{where}[{number}]", self.depth + 1)

    def blobs(self, field: str) -> list[bytes]:
        """Return a repeated bytes field."""
        return [bytes(self.data[start:end]) for start, end in self._spans(field)]

    def texts(self, field: str) -> list[str]:
        """Return a repeated string field."""
        return [blob.decode("utf-8", "backslashreplace") for blob in self.blobs(field)]

    def uints(self, field: str) -> list[int]:
        """Return a repeated varint field, packed or not."""
        values: list[int] = []
        for entry in self._raw(field):
            if isinstance(entry, int):
                values.append(entry)
                continue
            at, end = entry
            while at < end:
                value, at = read_varint(self.data, at, end)
                values.append(value)
        return values

    def sints(self, field: str) -> list[int]:
        """Return a repeated int32 or int64 field, packed or not."""
        return [signed(value) for value in self.uints(field)]

    def float32s(self, field: str) -> list[float]:
        """Return a repeated float field, packed or not."""
        return self._fixed(field, "f")

    def fixed_bytes(self, field: str) -> bytes:
        """Return a repeated float or double field, packed or not, as its little-endian bytes."""
        width = 4 if self.kind.fields[field][1].lstrip("*") == "float" else 8
        parts: list[bytes] = []
        for entry in self._raw(field):
            if isinstance(entry, int):
                parts.append(entry.to_bytes(8, "little")[:width])
                continue
            if (entry[1] - entry[0]) % width:
                raise self._wrong(field, f"packed values of {width} bytes")
            parts.append(bytes(self.data[entry[0] : entry[1]]))
        return b"".join(parts)

    def _fixed(self, field: str, code: str) -> list[float]:
        packed = self.fixed_bytes(field)
        return list(struct.unpack(f"<{len(packed) // struct.calcsize(code)}{code}", packed))

    def mapping(self, field: str) -> dict[str, Message]:
        """Return a map<string, message> field; a later entry with the same key wins."""
        kind = self.kind.of(field)
        found: dict[str, Message] = {}
        for start, end in self._spans(field):
            pair = Message(self.data, MAP_ENTRY, start, end, f"{self.where}.{field}", self.depth + 1)
            key = pair.text("key")
            span = pair.span("value") or (end, end)
            found[key] = Message(self.data, kind, span[0], span[1], f"{self.where}.{field}[{key}]", self.depth + 2)
        return found


def signed(value: int) -> int:
    """Return a 64-bit two's complement number as a Python int."""
    return value - (1 << 64) if value >= 1 << 63 else value


def zigzag(value: int) -> int:
    """Return the signed number that a sint32 or sint64 varint stands for."""
    return (value >> 1) ^ -(value & 1)


MAP_ENTRY = MessageType("MapEntry", {"key": (1, "string"), "value": (2, "bytes")}, {})
