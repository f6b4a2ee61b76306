"""The settings files of YOLO datasets: `data.yaml`, and Darknet's `obj.data`.

What it is: a reader of the part of YAML that such files use: keys at the left margin with a scalar, a list or a
mapping of scalars, in lines or in brackets. What it is not: a YAML parser. Tags, anchors and aliases mean nothing here
and are kept as text, so that nothing is made, run or repeated without end. Every step goes forward only, so that no
text takes longer than its length.
Specification: yaml.org, "YAML 1.2", of which this is a small part; the keys are those of docs.ultralytics.com and of
Darknet's README.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from loadstone.errors import FormatError, LimitError
from loadstone.wire.limits import DATA_YAML_BYTES, shown

Value: TypeAlias = "str | list[str] | dict[str, str]"

_COLON = re.compile(r":(?=\s|$)")
_MARKED = re.compile(r"""[#'"]""")
_IN_DOUBLE = re.compile(r'(?>(?:[^"\\]++|\\.)*)"')
_IN_SINGLE = re.compile(r"(?>(?:[^']++|'')*)'")
_PLAIN = re.compile(r"(?>(?:[^,\[\]{}:]++|:(?=\S))+)")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "\0"}
_OPEN = {"[": "]", "{": "}"}
_NO_KEY = "#'\"[]{},&*!|>-?%@`"
_BEFORE_SCALAR = " \t[{,:"


def parse_settings(data: bytes, where: str = "") -> dict[str, Value]:
    """Return the settings at the left margin. Raises `FormatError` for bytes that are no text, or too long."""
    if len(data) > DATA_YAML_BYTES:
        expected = f"at most {shown(DATA_YAML_BYTES)}"
        raise LimitError("longer than settings of a dataset", where=where, expected=expected, found=shown(len(data)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError("settings that are not UTF-8 text", where=f"{where}: byte {error.start:,}") from error
    settings: dict[str, Value] = {}
    lines = [stripped for line in text.splitlines() if (stripped := _without_comment(line))]
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line[0] in " \t" or line in ("---", "..."):
            continue
        if (pair := _pair(line)) is None:
            continue
        key, rest = pair
        block: list[str] = []
        # What belongs to a key is indented, or a list whose dashes stand at the margin, or still in brackets.
        while at < len(lines) and (lines[at][0] in " \t" or lines[at].startswith(("- ", "]", "}")) or lines[at] == "-"):
            block.append(lines[at].strip())
            at += 1
        settings[key] = _value(rest, block, where)
    return settings


def parse_darknet(data: bytes) -> dict[str, str]:
    """Return the settings of `obj.data`, lines of `key = value`."""
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _without_comment(line: str) -> str:
    """Return a line without what follows a `#` that begins a word outside quotes, and without blanks at its end."""
    if "#" in line and (at := _comment(line)) >= 0:
        line = line[:at]
    return line.rstrip()


def _comment(line: str) -> int:
    """Return where a comment begins, -1 where none does."""
    at = 0
    while found := _MARKED.search(line, at):
        at = found.start()
        first = at == 0 or line[at - 1] in _BEFORE_SCALAR
        if line[at] == "#" and (at == 0 or line[at - 1].isspace()):
            return at
        if line[at] == "#" or not first:
            # Within a word, each is a letter like any other.
            at += 1
        elif (at := _after_quotes(line, at)) < 0:
            return -1
    return -1


def _after_quotes(text: str, at: int) -> int:
    """Return the place after the quoted text that begins at `at`; -1 where it does not end."""
    found = (_IN_DOUBLE if text[at] == '"' else _IN_SINGLE).match(text, at + 1)
    return found.end() if found else -1


def _unquoted(token: str) -> str:
    if token[0] == "'":
        return token[1:-1].replace("''", "'")
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1])


def _pair(line: str) -> tuple[str, str] | None:
    """Return the key and what follows its colon; None for a line that is no pair."""
    if line[0] in "'\"":
        end = _after_quotes(line, 0)
        rest = line[end:].lstrip() if end > 0 else ""
        return (_unquoted(line[:end]), rest[1:].strip()) if rest.startswith(":") else None
    found = None if line[0] in _NO_KEY else _COLON.search(line)
    if found is None or not (key := line[: found.start()].rstrip()):
        return None
    return key, line[found.end() :].strip()


def _value(rest: str, block: list[str], where: str) -> Value:
    if rest[:1] in _OPEN:
        return _flow(" ".join([rest, *block]), where)
    if rest or not block:
        return _scalar(rest)
    if block[0][:1] in _OPEN:
        return _flow(" ".join(block), where)
    if block[0].startswith("-"):
        return [_scalar(line[1:].strip()) for line in block if line.startswith("-")]
    return {key: _scalar(text) for key, text in filter(None, map(_pair, block))}


def _scalar(text: str) -> str:
    end = _after_quotes(text, 0) if text[:1] in ("'", '"') else -1
    return _unquoted(text[:end]) if end > 0 else text


def _tokens(text: str, where: str) -> Iterator[tuple[str, str]]:
    """Yield (`text`, scalar) and (`mark`, one of `[]{},:`)."""
    at = 0
    while at < len(text):
        letter = text[at]
        if letter.isspace():
            at += 1
        elif letter in "'\"":
            end = _after_quotes(text, at)
            if end < 0:
                raise FormatError("a text in quotes that does not end", where=where, found=text[at : at + 80])
            yield "text", _unquoted(text[at:end])
            at = end
        elif found := _PLAIN.match(text, at):
            yield "text", found[0].strip()
            at = found.end()
        else:
            yield "mark", letter
            at += 1


def _flow(text: str, where: str) -> Value:
    """Return a list or mapping in brackets; what is nested deeper is left out, since no such file nests."""
    tokens = _tokens(text, where)
    closing = _OPEN[next(tokens)[1]]
    items: list[str] = []
    pairs: dict[str, str] = {}
    key: str | None = None
    words: list[str] = []
    for kind, word in tokens:
        if kind == "text":
            words.append(word)
        elif word == ":" and closing == "}":
            key, words = " ".join(words), []
        elif word in (",", closing):
            if key is not None:
                pairs[key] = " ".join(words)
            elif words:
                items.append(" ".join(words))
            key, words = None, []
            if word == closing:
                return pairs if closing == "}" else items
    raise FormatError("a list that is not closed", where=where, found=text[:80])
