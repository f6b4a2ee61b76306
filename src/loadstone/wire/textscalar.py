r"""Scalars of the protobuf text format: a token's bytes to a value, and back.

What it is: the lexical rules of one scalar (string with escapes, number, word). What it is not: a parser of fields.
Specification: protobuf.dev, "Text Format Language" (String Literals, Numeric Literals, Characters).
A token keeps its spelling, so that a value that nobody asks for is never decoded.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError

Scalar: TypeAlias = "bytes | int | float | Word"

NUMBER_DIGITS = 400
"""Digits of one number: a double needs at most 309 before its point, a 64-bit integer 20."""

SPACE = rb"[ \t\r\n\f\v]*+(?:\#[^\n]*+[ \t\r\n\f\v]*+)*+"
"""Blanks and comments. Possessive: a mismatch after it never tries a shorter one, so matching stays linear.

A group is possessive only where a repetition that fails has taken nothing that the pattern could go on behind: Python
before 3.11.5, which Debian 12 has, tries that (gh-106052). Others are atomic, `(?>(?:…)*)`, which costs memory for each
repetition.
"""

WORD = rb"[A-Za-z_][A-Za-z0-9_]*+"

ESCAPE = (
    rb"\\(?:[abfnrtv\\'\"?]|[0-3][0-7]{2}|[0-7]{1,2}(?![0-7])|x[0-9a-fA-F]{1,2}"
    rb"|u[0-9a-fA-F]{4}|U(?:000[0-9a-fA-F]|0010)[0-9a-fA-F]{4})"
)
QUOTED = rb"\"[^\"\\\n]*+(?:(?>" + ESCAPE + rb")[^\"\\\n]*+)*+\"|'[^'\\\n]*+(?:(?>" + ESCAPE + rb")[^'\\\n]*+)*+'"
NUMBER = (
    rb"-?+" + SPACE + rb"(?:0[xX][0-9a-fA-F]++|(?:[0-9]++(?>(?:\.[0-9]*+)?)|\.[0-9]++)(?>(?:[eE][+-]?[0-9]++)?)[fF]?+)"
)
SCALAR = (
    rb"(?:(?:" + QUOTED + rb")(?>(?:" + SPACE + rb"(?:" + QUOTED + rb")){0,100000})"
    rb"|" + WORD + rb"|" + NUMBER + rb"(?![A-Za-z0-9_.])"
    rb"|-" + SPACE + rb"(?i:inf(?:inity)?|nan)(?![A-Za-z0-9_]))"
)
"""One scalar: adjacent strings, 100,001 at most, are one string; a minus sign stands before numbers, `inf` and `nan`
only.
"""

_STRINGS = re.compile(rb"\#[^\n]*+|(" + QUOTED + rb")")
_BLANKS = re.compile(SPACE)
_RARE_ESCAPE = re.compile(rb"\\(?:[uU?]|x[0-9a-fA-F](?![0-9a-fA-F]))")
_ANY_ESCAPE = re.compile(rb"(?>(?:\\u[0-9a-fA-F]{4})+)|" + ESCAPE)
_SINGLE = {97: 7, 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11}
_NOT_FINITE = {"inf": float("inf"), "infinity": float("inf"), "nan": float("nan")}
_TRUE = frozenset((b"true", b"True", b"t", b"1"))
_FALSE = frozenset((b"false", b"False", b"f", b"0"))


class Word(str):
    """A bare identifier: an enum's member, `true`, `inf`."""

    __slots__ = ()


def is_string(token: bytes) -> bool:
    """Whether the token is a quoted string."""
    return token[:1] in (b'"', b"'")


def string_value(token: bytes) -> bytes:
    """Return the bytes that a string token (or several adjacent ones) stands for."""
    if token.count(token[:1]) == 2 and b"\\" not in token and token[-1:] == token[:1]:
        return token[1:-1]
    return b"".join(_unescaped(part[1:-1]) for part in _STRINGS.findall(token) if part)


def _unescaped(inner: bytes) -> bytes:
    if b"\\" not in inner:
        return inner
    if _RARE_ESCAPE.search(inner):
        return _ANY_ESCAPE.sub(_one_escape, inner)
    # The codec reads bytes as Latin-1, so writing them as Latin-1 again gives back every byte that was no escape;
    # a weight tensor of megabytes is decoded at C speed.
    return inner.decode("unicode_escape").encode("latin-1")


def _one_escape(found: re.Match[bytes]) -> bytes:
    text = found[0]
    kind = text[1:2]
    if kind == b"u":
        # Two \u that are a surrogate pair mean one character; a lone surrogate keeps its own three bytes.
        units = b"".join(int(text[at + 2 : at + 6], 16).to_bytes(2, "little") for at in range(0, len(text), 6))
        return units.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
    if kind == b"U":
        return chr(int(text[2:], 16)).encode("utf-8", "surrogatepass")
    if kind == b"x":
        return bytes([int(text[2:], 16)])
    if kind in b"01234567":
        return bytes([int(text[1:], 8)])
    return bytes([_SINGLE.get(text[1], text[1])])


def number_value(token: bytes, where: str = "") -> int | float:
    """Return a number token's value; raises `FormatError` where the token is no number."""
    if len(token) > NUMBER_DIGITS:
        raise LimitError("a number is too long", where=where, expected=f"at most {NUMBER_DIGITS} characters")
    text = _BLANKS.sub(b"", token).decode("ascii", "backslashreplace").lower()
    digits = text.removeprefix("-")
    if digits in _NOT_FINITE:
        return -_NOT_FINITE[digits] if text != digits else _NOT_FINITE[digits]
    try:
        return _integer_or_float(text, digits)
    except ValueError as error:
        raise FormatError("not a number", where=where, expected="a number", found=text[:60]) from error


def _integer_or_float(text: str, digits: str) -> int | float:
    if digits.startswith("0x"):
        return int(text, 16)
    if digits.isdigit():
        return int(text, 8 if digits[0] == "0" else 10)
    return float(text.removesuffix("f"))


def flag_value(token: bytes, where: str = "") -> bool:
    """Return a bool token's value."""
    if token in _TRUE or token in _FALSE:
        return token in _TRUE
    shown = token[:60].decode("utf-8", "backslashreplace")
    raise FormatError("not a truth value", where=where, expected="true or false", found=shown)


def scalar_value(token: bytes, where: str = "") -> Scalar:
    """Return what any scalar token stands for: bytes for a string, a number, or a `Word`."""
    if is_string(token):
        return string_value(token)
    if token[0] in b"-.0123456789":
        return number_value(token, where)
    return Word(token.decode("ascii"))


def token_of(value: Scalar | str | bool) -> bytes:
    """Return the token that stands for a value; `scalar_value` of it is the value again."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, Word):
        return value.encode("ascii")
    if isinstance(value, str):
        return quoted(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, bytes):
        return quoted(value)
    return repr(value).encode("ascii")


_ESCAPED = re.compile(rb"[\x00-\x1f\x7f\"\\]")
_ESCAPED_OR_HIGH = re.compile(rb"[^\x20-\x7e]|[\"\\]")
_SHORT = {b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b'"': b'\\"', b"\\": b"\\\\"}


def quoted(value: bytes) -> bytes:
    """Return `value` as one string token; text stays readable, other bytes become octal escapes."""
    try:
        value.decode("utf-8")
        pattern = _ESCAPED
    except UnicodeDecodeError:
        pattern = _ESCAPED_OR_HIGH
    return b'"' + pattern.sub(lambda found: _SHORT.get(found[0]) or b"\\%03o" % found[0][0], value) + b'"'
