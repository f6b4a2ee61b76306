"""What is wrong at one place of a protobuf text, in words.

What it is: the last station of the parser, reached once per broken text. What it is not: on the way of a good one.
"""

from __future__ import annotations

import re
import unicodedata

from loadstone.errors import FormatError, TruncatedError
from loadstone.wire.textmessage import place, place_text
from loadstone.wire.textscalar import ESCAPE, QUOTED, SPACE, WORD

LINE_SHOWN = 160
_AFTER_NAME = re.compile(WORD + SPACE)
_COLON = re.compile(rb":" + SPACE)
_QUOTED = re.compile(QUOTED)
_SPACE = re.compile(SPACE)
_OPENED = {quote: re.compile(b"%c(?>(?:[^%c\\\\\n]++|%s)*)" % (quote, quote, ESCAPE)) for quote in b"\"'"}
"""A string up to its end or to the first thing that cannot stand in it."""
_QUOTES = dict.fromkeys("“”„‟″«»‘’‚‛′`", "a typographic quote")
_BLANKS = dict.fromkeys("\u00a0\u2007\u202f\u3000\u200b\u2028\u2029\ufeff", "an invisible character")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def fault(data: bytes, at: int, fact: str, *, expected: str = "", remedy: str = "") -> FormatError:
    """Return the error for a place: where it is, what stands there, and its whole line."""
    if at >= len(data):
        return TruncatedError(fact, where=place_text(data, len(data)), expected=expected, found="the end of the text")
    return FormatError(fact, where=place_text(data, at), expected=expected, found=_found(data, at), help=remedy)


def _found(data: bytes, at: int) -> str:
    start = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", at)
    line = data[start : end if end >= 0 else len(data)]
    # A long line is shown around the place; the column in `where` still counts from its start.
    first = max(0, at - start - LINE_SHOWN // 2)
    shown = line[first : first + LINE_SHOWN].decode("utf-8", "replace").strip()
    return f"{_character(data, at)!r} in the line {shown!r}"


def _character(data: bytes, at: int) -> str:
    if found := re.compile(WORD).match(data, at, at + 60):
        return found[0].decode("ascii")
    return data[at : at + 4].decode("utf-8", "replace")[:1]


def value_fault(data: bytes, at: int, name: str) -> FormatError:
    """Return the error for a field whose value cannot be read; `at` is where the value should begin."""
    if known := _strange(data, at):
        return known
    if data[at : at + 1] in (b'"', b"'"):
        return _string_fault(data, at)
    expected = "a string, number, word, list or message"
    return fault(data, at, f"the field {name} has no value that can be read", expected=expected)


def _string_fault(data: bytes, at: int) -> FormatError:
    """A string that the grammar refuses: it does not end on its line, or holds an unknown escape."""
    start, stop = at, at
    while found := _QUOTED.match(data, start):
        start = stop = _SPACE.match(data, found.end()).end()  # type: ignore[union-attr]
    if data[start : start + 1] in (b'"', b"'"):
        stop = _OPENED[data[start]].match(data, start).end()  # type: ignore[union-attr]
    if data[stop : stop + 1] == b"\\" and data[stop + 1 : stop + 2] not in (b"", b"\n", b"\r"):
        return fault(data, stop, "a string holds an escape that does not exist", expected=r"such as \n, \" or \101")
    return fault(data, start, "a string is not closed on its line", expected=f"a closing {chr(data[at])}")


def statement_fault(data: bytes, at: int) -> FormatError:
    """Return the error for a place where a field should begin and none can be read."""
    if known := _strange(data, at):
        return known
    if data[at : at + 1] in (b'"', b"'") and not _QUOTED.match(data, at):
        return _string_fault(data, at)
    name = _AFTER_NAME.match(data, at)
    if name is None:
        return fault(data, at, "a field cannot begin here", expected="a field's name or a closing brace")
    shown = name[0].split()[0].decode("ascii", "replace").partition("#")[0]
    colon = _COLON.match(data, name.end())
    if colon is not None:
        return value_fault(data, colon.end(), shown)
    if known := _strange(data, name.end()):
        return known
    return fault(
        data, name.end(), f"the field {shown} is followed by neither a value nor a message", expected="':' or '{'"
    )


def _strange(data: bytes, at: int) -> FormatError | None:
    """Characters that editors and web pages put in, and that look right on the screen."""
    if at == 0 and data[:2] in _UTF16:
        return fault(data, 0, "the text is UTF-16", expected="UTF-8", remedy="save the file as UTF-8")
    character = data[at : at + 4].decode("utf-8", "replace")[:1]
    kind = _QUOTES.get(character) or _BLANKS.get(character)
    if kind is None:
        return None
    plain = "a plain quote" if character in _QUOTES else "a plain space"
    fact = f"{kind} ({unicodedata.name(character, 'unnamed')}, U+{ord(character):04X}) where plain text is needed"
    return fault(data, at, fact, expected=plain, remedy=f"replace it with {plain} throughout the file")


def unclosed(data: bytes, opened_at: int, name: str) -> TruncatedError:
    """Return the error for a text that ends inside a message."""
    line, column = place(data, opened_at)
    return TruncatedError(
        f"the text ends inside the message {name}",
        where=place_text(data, len(data)),
        expected=f"the brace that closes {name}, opened in line {line:,}, column {column:,}",
        found="the end of the text",
    )
