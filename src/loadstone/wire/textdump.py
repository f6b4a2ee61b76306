"""The protobuf text format, written.

What it is: `build` makes a `TextMessage` of plain values, `dump` its text.
What it is not: a keeper of comments or layout.
Specification: protobuf.dev, "Text Format Language".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import Scalar, is_string, quoted, string_value, token_of

Fields: TypeAlias = "Iterable[tuple[str, Scalar | str | bool | TextMessage]]"

INDENT = b"  "


def build(fields: Fields, name: str = "") -> TextMessage:
    """Return a message with these fields: text and bytes become strings, `Word` stays bare, messages stay messages."""
    message = TextMessage(name=name)
    for field, value in fields:
        if isinstance(value, TextMessage):
            value.name = value.name or field
            message.entries.append((field, value, 0))
        else:
            message.entries.append((field, token_of(value), 0))
    return message


def dump(message: TextMessage) -> str:
    """Return the message's text: one field a line, two blanks a level; `parse` of it has the same fields and values."""
    lines: list[bytes] = []
    _write(message, b"", lines)
    return b"".join(lines).decode("utf-8", "surrogateescape")


def _write(message: TextMessage, indent: bytes, lines: list[bytes]) -> None:
    for name, value, _ in message.entries:
        key = indent + name.encode("ascii")
        if isinstance(value, TextMessage):
            lines.append(key + b" {\n")
            _write(value, indent + INDENT, lines)
            lines.append(indent + b"}\n")
        else:
            # A string is written anew: its token may hold several quoted parts with comments between them.
            token = quoted(string_value(value)) if is_string(value) else b"".join(value.split())
            lines.append(key + b": " + token + b"\n")
