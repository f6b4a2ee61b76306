"""Edits of single fields in a protobuf text that leave every other byte as it is.

What it is: where a field's value stands, and a line for a field that is not there. What it is not: knowledge of fields.
"""

from __future__ import annotations

import re

from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textscalar import SCALAR, SPACE
from loadstone.wire.textslip import Slip

_AFTER_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*+" + SPACE + rb":?+" + SPACE + rb"(" + SCALAR + rb")?")
_OPENING = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*+" + SPACE + rb":?+" + SPACE + rb"[{<]")


def set_field(message: TextMessage, name: str, token: bytes, *, after: str = "") -> Slip | None:
    """Return the edit that gives a scalar field a value; None where it has it already.

    A field that is absent gets a line of its own, behind the field `after` where that is there, else at the beginning
    of the message.
    """
    for key, value, at in reversed(message.entries):
        if key == name and not isinstance(value, TextMessage):
            found = _AFTER_NAME.match(message.data, at)
            if value == token or found is None or found[1] is None:
                return None
            return Slip("wrong-value", found.start(1), found.end(1), f"{name} is set", token)
    return _added(message, name, token, after)


def _added(message: TextMessage, name: str, token: bytes, after: str) -> Slip | None:
    data = message.data
    line = name.encode() + b": " + token
    for key, value, at in reversed(message.entries):
        if key == after and not isinstance(value, TextMessage) and (found := _AFTER_NAME.match(data, at)):
            indent = _indent(data, at)
            return Slip("syntax", found.end(), found.end(), f"{name} is added", _newline(data) + indent + line)
    opened = _OPENING.match(data, message.at)
    if opened is None:
        return None
    indent = _indent(data, message.entries[0][2]) if message.entries else _indent(data, message.at) + b"  "
    if message.entries and data.count(b"\n", opened.end(), message.entries[0][2]) == 0:
        return Slip("syntax", opened.end(), opened.end(), f"{name} is added", b" " + line)
    return Slip("syntax", opened.end(), opened.end(), f"{name} is added", _newline(data) + indent + line)


def _indent(data: bytes, at: int) -> bytes:
    start = data.rfind(b"\n", 0, at) + 1
    before = data[start:at]
    return before if not before.strip() else b""


def _newline(data: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in data[: 1 << 14] else b"\n"


def message_span(message: TextMessage) -> tuple[int, int]:
    """Return (start, end) of a message from its name to its closing brace, strings and comments respected."""
    data = message.data
    opened = _OPENING.match(data, message.at)
    at = opened.end() if opened else message.at
    depth = 1
    for found in _TOKENS.finditer(data, at):
        byte = found[0][:1]
        depth += (byte in b"{<") - (byte in b"}>")
        if depth == 0:
            return message.at, found.end()
    return message.at, len(data)


_TOKENS = re.compile(rb"\#[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|[{}<>]")
