"""JSON that nobody vouches for: bounded in bytes, depth and number of values, with places in its errors.

What it is: the standard library's parser behind checks that it lacks. NaN and Infinity are allowed, as Keras writes
them; two values for one key are refused, because readers disagree about which one holds.
Specification: RFC 8259.
"""

from __future__ import annotations

import json
import re
from typing import Any

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import JSON_DEPTH, JSON_VALUES, TEXT_BYTES, shown

# Possessive, so that an unclosed string cannot make the search go back.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_LONE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse_json(data: bytes | str, where: str = "", *, most_bytes: int = TEXT_BYTES, values: int = JSON_VALUES) -> Any:
    """Return the value that `data` holds; `where` names the document in errors, the caps are for other documents."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    _check_bounds(raw, where, most_bytes, values)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            "JSON that is not UTF-8", where=_place(where, f"byte {error.start:,}"), found=f"{raw[error.start]:#04x}"
        ) from error
    value = _load(text, where)
    if _LONE.search(raw):
        _check_text(value, where)
    return value


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        place = _place(where, f"line {error.lineno:,}, column {error.colno:,}")
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise TruncatedError(
                "the JSON ends before its last value does", where=place, help="fetch the file again: it is cut short"
            ) from error
        raise FormatError(f"not JSON: {error.msg}", where=place) from error
    except _RepeatedKeyError as error:
        raise FormatError(
            f"two values for the key {error.key!r}: readers would disagree about this file", where=where
        ) from error
    except ValueError as error:
        # The standard library converts no whole number of more than 4,300 digits.
        raise FormatError("JSON with a number that cannot be converted", where=where, found=str(error)[:200]) from error


class _RepeatedKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        left = dict.fromkeys(found)
        # The first key that is not left any more stood twice.
        raise _RepeatedKeyError(next(key for key, _ in pairs if left.pop(key, key) is not None))
    return found


def _check_bounds(raw: bytes, where: str, most_bytes: int, most_values: int) -> None:
    if len(raw) > most_bytes:
        raise LimitError(
            "JSON longer than is read", where=where, expected=f"at most {shown(most_bytes)}", found=shown(len(raw))
        )
    values = raw.count(b",") + raw.count(b"[") + raw.count(b"{")
    if values > most_values:
        raise LimitError(
            "JSON of more values than are read",
            where=where,
            expected=f"at most {most_values:,}",
            found=f"about {values:,}",
        )
    if (depth := nesting(raw)) > JSON_DEPTH:
        raise LimitError(
            "JSON that nests deeper than is read",
            where=where,
            expected=f"at most {JSON_DEPTH} levels",
            found=f"{depth:,}",
        )


def nesting(raw: bytes) -> int:
    """Return how deep brackets nest outside strings; what follows an unclosed string is not looked at."""
    depth = deepest = 0
    for byte in _STRING.sub(b"", raw).translate(None, _NOT_BRACKETS):
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _check_text(value: Any, where: str) -> None:
    """Raise for half a surrogate pair: such a text cannot be printed or written anywhere."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError("JSON with half a surrogate pair in a text", where=where) from error


def _place(where: str, place: str) -> str:
    return f"{where}: {place}" if where else place
