"""The protobuf text format, read without a schema.

What it is: `parse` makes a `TextMessage` of a pbtxt, a pipeline.config or a label map. The common statement is
recognised by one regular expression in one step; extensions and lists take the slower way.
What it is not: a checker of names or types; nobody's unknown field is lost.
Specification: protobuf.dev, "Text Format Language".
"""

from __future__ import annotations

import re

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import PROTOBUF_DEPTH, TEXT_BYTES, TEXT_FIELDS, shown
from loadstone.wire.textdump import build, dump
from loadstone.wire.textfault import fault, statement_fault, unclosed, value_fault
from loadstone.wire.textmessage import TextField, TextMessage, place_text
from loadstone.wire.textscalar import SCALAR, SPACE, WORD, Word

__all__ = ["TextField", "TextMessage", "Word", "build", "dump", "parse", "parse_prefix"]

_STATEMENT = re.compile(
    SPACE + rb"(?:(" + WORD + rb")" + SPACE + rb"(?::" + SPACE + rb"(" + SCALAR + rb")" + SPACE + rb"[;,]?+"
    rb"|:?+" + SPACE + rb"([{<]))"
    rb"|([}>])" + SPACE + rb"[;,]?+"
    rb"|(.)|\Z)",
    re.DOTALL,
)
_NAME, _SCALAR, _OPEN, _CLOSE, _OTHER = range(1, 6)

_EXTENSION = rb"\[" + SPACE + WORD + rb"(?>(?:" + SPACE + rb"[./-]" + SPACE + rb"[A-Za-z0-9_]++)*)" + SPACE + rb"\]"
_FIELD_NAME = re.compile(rb"(" + WORD + rb"|" + _EXTENSION + rb")" + SPACE + rb"(:?+)" + SPACE)
_LIST_START = re.compile(rb"\[" + SPACE)
_ITEM = re.compile(rb"(" + SCALAR + rb")" + SPACE)
_SEPARATOR = re.compile(rb"[;,]?+" + SPACE)
_AFTER_ITEM = re.compile(SPACE + rb"(?:(\])" + SPACE + rb"[;,]?+|(,)" + SPACE + rb"(?!\]))")
_EMPTY_LIST = re.compile(rb"\]" + SPACE + rb"[;,]?+")
_BLANKS = re.compile(SPACE)
_COMMENT_OR_BLANK = re.compile(rb"\#[^\n]*+|[ \t\r\n\f\v]++")
_CLOSER = {b"{": b"}", b"<": b">"}
_BOM = b"\xef\xbb\xbf"


class _Names(dict[bytes, str]):
    """Field names as text, each decoded once."""

    def __missing__(self, raw: bytes) -> str:
        name = self[raw] = _COMMENT_OR_BLANK.sub(b"", raw).decode("ascii")
        return name


class _Parser:
    """The open messages, from the whole text inwards; `stack` holds (message, its closer, the list it is in)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.names = _Names()
        self.root = self.message = TextMessage(data)
        self.stack: list[tuple[TextMessage, bytes, str | None]] = []
        self.count = 0

    def run(self, at: int) -> int:
        """Read common statements from `at`; return where to go on after the first uncommon one, or the end."""
        names, append = self.names, self.message.entries.append
        count = self.count
        for found in _STATEMENT.finditer(self.data, at):
            kind = found.lastindex
            if kind == _SCALAR:
                name, token = found.group(_NAME, _SCALAR)
                append((names[name], token, found.start(_NAME)))
                count += 1
            elif kind == _OPEN:
                name, brace = found.group(_NAME, _OPEN)
                self.open(names[name], brace, found.start(_NAME))
                append = self.message.entries.append
                count += 1
            elif kind == _CLOSE:
                in_list = self.close(found[_CLOSE], found.start(_CLOSE))
                append = self.message.entries.append
                if in_list is not None:
                    self.count = count
                    return self.after_item(found.end(_CLOSE), in_list)
            elif kind == _OTHER:
                self.count = count
                return self.uncommon(found.start(_OTHER))
            if count > TEXT_FIELDS:
                raise self.too_many(found.start())
        self.count = count
        return len(self.data)

    def too_many(self, at: int) -> LimitError:
        where, expected = place_text(self.data, at), f"at most {TEXT_FIELDS:,}"
        return LimitError("the text holds more fields than are read", where=where, expected=expected)

    def open(self, name: str, brace: bytes, at: int, in_list: str | None = None) -> None:
        """Enter a message."""
        if len(self.stack) >= PROTOBUF_DEPTH:
            where = place_text(self.data, at)
            raise LimitError(f"messages nest deeper than {PROTOBUF_DEPTH}", where=where, found=f"the message {name}")
        inner = TextMessage(self.data, name, at)
        self.message.entries.append((name, inner, at))
        self.stack.append((self.message, _CLOSER[brace], in_list))
        self.message = inner

    def close(self, closer: bytes, at: int) -> str | None:
        """Leave a message; return the name of the list that it is an item of, if it is."""
        if not self.stack:
            raise fault(self.data, at, "a closing brace without an opening one", expected="a field's name or the end")
        name = self.message.name
        self.message, wanted, in_list = self.stack.pop()
        if closer != wanted:
            raise fault(self.data, at, f"the message {name} is closed with the wrong brace", expected=wanted.decode())
        return in_list

    def uncommon(self, at: int) -> int:
        """Read an extension's name or a list; anything else is a fault."""
        found = _FIELD_NAME.match(self.data, at)
        if found is None:
            raise statement_fault(self.data, at)
        name = self.names[found[1]]
        after = found.end()
        nexts = self.data[after : after + 1]
        if nexts in _CLOSER:
            self.count += 1
            self.open(name, nexts, at)
            return after + 1
        if nexts == b"[":
            return self.first_item(_LIST_START.match(self.data, after).end(), name)  # type: ignore[union-attr]
        value = _ITEM.match(self.data, after)
        if value is None or not found[2]:
            raise statement_fault(self.data, at) if found[1][:1] != b"[" else value_fault(self.data, after, name)
        self.add(name, value[1], at)
        return _SEPARATOR.match(self.data, value.end()).end()  # type: ignore[union-attr]

    def add(self, name: str, token: bytes, at: int) -> None:
        self.count += 1
        if self.count > TEXT_FIELDS:
            raise self.too_many(at)
        self.message.entries.append((name, token, at))

    def first_item(self, at: int, name: str) -> int:
        empty = _EMPTY_LIST.match(self.data, at)
        return empty.end() if empty else self.items(at, name)

    def items(self, at: int, name: str) -> int:
        """Read a list's items up to its end, or up to the first that is a message, which it enters."""
        while True:
            brace = self.data[at : at + 1]
            if brace in _CLOSER:
                self.open(name, brace, at, in_list=name)
                self.count += 1
                return at + 1
            found = _ITEM.match(self.data, at)
            if found is None:
                raise value_fault(self.data, at, name)
            self.add(name, found[1], at)
            at, done = self.next_item(found.end(), name)
            if done:
                return at

    def after_item(self, at: int, name: str) -> int:
        """Go on after a message that is an item of the list `name`."""
        at, done = self.next_item(at, name)
        return at if done else self.items(at, name)

    def next_item(self, at: int, name: str) -> tuple[int, bool]:
        """Return (where to go on, whether the list has ended) after one item."""
        found = _AFTER_ITEM.match(self.data, at)
        if found is None:
            at = _BLANKS.match(self.data, at).end()  # type: ignore[union-attr]
            raise fault(self.data, at, f"the list {name} is broken off", expected="',' and an item, or ']'")
        return found.end(), found[1] is not None


def parse(data: bytes) -> TextMessage:
    """Return the message that a text stands for.

    `data` is UTF-8, with or without a byte order mark, with any line ends. Raises `FormatError` with line and column.
    """
    message, error = parse_prefix(data)
    if error is not None:
        raise error
    return message


def parse_prefix(data: bytes) -> tuple[TextMessage, FormatError | None]:
    """Return what stands before the first fault, and the fault (None where there is none).

    A message that the fault lies in is there as far as it goes: hand-edited configurations break near their end,
    and the model's description is their beginning.
    """
    if len(data) > TEXT_BYTES:
        return TextMessage(), LimitError(
            "the text is too long", expected=f"at most {shown(TEXT_BYTES)}", found=shown(len(data))
        )
    parser = _Parser(data)
    error: FormatError | None = None
    at = len(_BOM) if data.startswith(_BOM) else 0
    try:
        while at < len(data):
            at = parser.run(at)
        if parser.stack:
            error = unclosed(data, parser.message.at, parser.message.name)
    except FormatError as found:
        error = found
    return parser.root, error
