"""A message of the protobuf text format, as it was written: fields in their order, unknown ones kept.

What it is: a tree without a schema; a field's name decides nothing, the reader asks for the kind it expects.
What it is not: a checker of field names or types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from loadstone.errors import FormatError
from loadstone.wire.textscalar import Scalar, flag_value, is_string, number_value, scalar_value, string_value

Entry: TypeAlias = "tuple[str, bytes | TextMessage, int]"
"""A field's name, its scalar token or message, and the byte offset of its name."""

INTEGERS = range(-(1 << 63), 1 << 64)
"""What an integer field can hold: int64 and uint64 together."""


def place(data: bytes, at: int) -> tuple[int, int]:
    """Return (line, column) of a byte offset, both from 1; the column counts characters."""
    start = data.rfind(b"\n", 0, at) + 1
    return data.count(b"\n", 0, at) + 1, len(data[start:at].decode("utf-8", "replace")) + 1


def place_text(data: bytes, at: int) -> str:
    """Return `line 3, column 5`."""
    line, column = place(data, at)
    return f"line {line:,}, column {column:,}"


@dataclass(frozen=True, slots=True)
class TextField:
    """One field: its name (`[package.extension]` for extensions), decoded value, and where its name stands."""

    name: str
    value: Scalar | TextMessage
    line: int
    column: int


class TextMessage:
    """The fields between one pair of braces, or of the whole text.

    `entries` holds them undecoded. Accessors that return one value take the last, as protobuf does; where a field is
    absent they return the default, where it has another kind they raise `FormatError` with its line and column.
    """

    __slots__ = ("at", "data", "entries", "name")

    def __init__(self, data: bytes = b"", name: str = "", at: int = 0) -> None:
        self.data = data
        self.name = name
        self.at = at
        self.entries: list[Entry] = []

    def __contains__(self, name: object) -> bool:
        return any(entry[0] == name for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[TextField]:
        for name, value, at in self.entries:
            decoded = value if isinstance(value, TextMessage) else scalar_value(value, self._where(name, at))
            yield TextField(name, decoded, *place(self.data, at))

    def __repr__(self) -> str:
        return f"<TextMessage {self.name!r}: {len(self.entries)} fields>"

    @property
    def fields(self) -> tuple[TextField, ...]:
        """Every field with its decoded value, line and column, in the order written."""
        return tuple(self)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that occur, each once, in the order written."""
        return tuple(dict.fromkeys(entry[0] for entry in self.entries))

    @property
    def where(self) -> str:
        """Line and column of the message itself."""
        return place_text(self.data, self.at)

    def where_of(self, name: str) -> str:
        """Line and column of the last field of this name, or of the message where there is none."""
        return place_text(self.data, max((at for key, _, at in self.entries if key == name), default=self.at))

    def _where(self, name: str, at: int) -> str:
        return f"{self.name}.{name}" if not self.data else f"{place_text(self.data, at)} ({name})"

    def _scalars(self, name: str, expected: str) -> list[tuple[bytes, int]]:
        found = []
        for key, value, at in self.entries:
            if key != name:
                continue
            if isinstance(value, TextMessage):
                raise self._wrong(name, at, expected, "a message")
            found.append((value, at))
        return found

    def _wrong(self, name: str, at: int, expected: str, found: str) -> FormatError:
        fact = f"the field {name} holds something else than is expected"
        return FormatError(fact, where=self._where(name, at), expected=expected, found=found)

    def all(self, name: str) -> tuple[Scalar | TextMessage, ...]:
        """Return every value of a field, decoded."""
        return tuple(field.value for field in self if field.name == name)

    def get(self, name: str) -> Scalar | TextMessage | None:
        """Return the last value of a field, decoded; None where it is absent."""
        found = self.all(name)
        return found[-1] if found else None

    def messages(self, name: str) -> list[TextMessage]:
        """Return every message in a field."""
        found = []
        for key, value, at in self.entries:
            if key != name:
                continue
            if not isinstance(value, TextMessage):
                raise self._wrong(name, at, "a message in braces", _shown(value))
            found.append(value)
        return found

    def message(self, name: str) -> TextMessage:
        """Return the last message in a field; an empty one where it is absent."""
        found = self.messages(name)
        return found[-1] if found else TextMessage(self.data, name, self.at)

    def blobs(self, name: str) -> list[bytes]:
        """Return every string of a field as bytes."""
        found = []
        for token, at in self._scalars(name, "a string"):
            if not is_string(token):
                raise self._wrong(name, at, "a string in quotes", _shown(token))
            found.append(string_value(token))
        return found

    def blob(self, name: str) -> bytes:
        """Return a bytes field; empty where it is absent."""
        found = self.blobs(name)
        return found[-1] if found else b""

    def texts(self, name: str) -> list[str]:
        """Return every string of a field; bytes that are not UTF-8 are shown as escapes."""
        return [blob.decode("utf-8", "backslashreplace") for blob in self.blobs(name)]

    def text(self, name: str, default: str = "") -> str:
        """Return a string field."""
        found = self.texts(name)
        return found[-1] if found else default

    def numbers(self, name: str) -> list[int | float]:
        """Return every number of a field."""
        return [number_value(token, self._where(name, at)) for token, at in self._scalars(name, "a number")]

    def number(self, name: str, default: int | float = 0) -> int | float:
        """Return a number field."""
        found = self.numbers(name)
        return found[-1] if found else default

    def integers(self, name: str) -> list[int]:
        """Return every integer of a field, each within 64 bits; a whole number written as `3.0` is taken for one."""
        found = []
        for token, at in self._scalars(name, "an integer"):
            value = number_value(token, self._where(name, at))
            if not (value in INTEGERS if isinstance(value, int) else value.is_integer() and int(value) in INTEGERS):
                raise self._wrong(name, at, "an integer of at most 64 bits", _shown(token))
            found.append(int(value))
        return found

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer field."""
        found = self.integers(name)
        return found[-1] if found else default

    def flags(self, name: str) -> list[bool]:
        """Return every truth value of a field."""
        return [flag_value(token, self._where(name, at)) for token, at in self._scalars(name, "true or false")]

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a bool field."""
        found = self.flags(name)
        return found[-1] if found else default

    def words(self, name: str) -> list[str]:
        """Return every enum value of a field as written: its name, or its number's digits."""
        found = []
        for token, at in self._scalars(name, "an enum's name"):
            if is_string(token):
                raise self._wrong(name, at, "an enum's name without quotes", _shown(token))
            found.append(token.decode("ascii", "backslashreplace"))
        return found

    def word(self, name: str, default: str = "") -> str:
        """Return an enum field as written."""
        found = self.words(name)
        return found[-1] if found else default


def _shown(token: bytes) -> str:
    text = token[:60].decode("utf-8", "backslashreplace")
    return text if len(token) <= 60 else f"{text}…"
