"""The settings files of YOLO datasets: `data.yaml`, and Darknet's `obj.data`.

What it is: a reader of the part of YAML that such files use: keys at the left margin with a scalar, a list or a
mapping of scalars, in lines or in brackets. What it is not: a YAML parser. Tags, anchors and aliases mean nothing here
and are kept as text, so that nothing is made, run or repeated without end.
Specification: yaml.org, "YAML 1.2", of which this is a small part; the keys are those of docs.ultralytics.com and of
Darknet's README.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from loadstone.errors import FormatError
from loadstone.wire.limits import DATA_YAML_BYTES, shown

Value: TypeAlias = "str | list[str] | dict[str, str]"

_KEY = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([^\s#:'"\[\]{},&*!|>-][^:#]*?))\s*:(?:\s+(.*)|)$""")
_TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)'|([^\s,\[\]{}:"'](?:[^,\[\]{}:]|:(?!\s))*+)|(.))""")
_QUOTED = re.compile(r"""(?:"(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'|[^"'#])*+""")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "\0"}
_OPEN = {"[": "]", "{": "}"}


def parse_settings(data: bytes, where: str = "") -> dict[str, Value]:
    """Return the settings at the left margin. Raises `FormatError` for bytes that are no text, or too long."""
    if len(data) > DATA_YAML_BYTES:
        expected = f"at most {shown(DATA_YAML_BYTES)}"
        raise FormatError("longer than settings of a dataset", where=where, expected=expected, found=shown(len(data)))
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
        if (pair := _pair(line, where)) is None:
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
    if "#" not in line:
        return line.rstrip()
    if (at := _comment(line)) >= 0:
        line = line[:at]
    return line.rstrip()


def _comment(line: str) -> int:
    at = 0
    while at < len(line):
        found = _QUOTED.match(line, at)
        at = found.end() if found else at
        if at >= len(line):
            return -1
        if line[at] == "#" and (at == 0 or line[at - 1].isspace()):
            return at
        # A quote that is never closed, or a `#` within a word, is a letter like any other.
        at += 1
    return -1


def _pair(line: str, where: str) -> tuple[str, str] | None:
    found = _KEY.match(line)
    if found is None:
        return None
    key = next(part for part in found.groups()[:3] if part is not None)
    return key, (found[4] or "").strip()


def _value(rest: str, block: list[str], where: str) -> Value:
    if rest[:1] in _OPEN:
        return _flow(" ".join([rest, *block]), where)
    if rest or not block:
        return _scalar(rest)
    if block[0][:1] in _OPEN:
        return _flow(" ".join(block), where)
    if block[0].startswith("-"):
        return [_scalar(line[1:].strip()) for line in block if line.startswith("-")]
    pairs = (_pair(line, where) for line in block)
    return {key: _scalar(text) for key, text in filter(None, pairs)}


def _scalar(text: str) -> str:
    tokens = list(_tokens(text)) if text[:1] in "\"'" and text else []
    return tokens[0][1] if tokens and tokens[0][0] == "text" else text


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Yield (`text`, scalar) and (`mark`, one of `[]{},:`)."""
    for found in _TOKEN.finditer(text):
        double, single, plain, mark = found.groups()
        if double is not None:
            yield "text", re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), double)
        elif single is not None:
            yield "text", single.replace("''", "'")
        elif plain is not None:
            yield "text", plain.strip()
        elif not mark.isspace():
            yield "mark", mark


def _flow(text: str, where: str) -> Value:
    """Return a list or mapping in brackets; what is nested deeper is left out, since no such file nests."""
    tokens = list(_tokens(text))
    closing = _OPEN[tokens[0][1]]
    items: list[str] = []
    pairs: dict[str, str] = {}
    key: str | None = None
    last = ""
    for kind, word in tokens[1:]:
        if kind == "text":
            last = f"{last} {word}".strip()
        elif word == ":" and closing == "}":
            key, last = last, ""
        elif word in (",", closing):
            if key is not None:
                pairs[key] = last
            elif last:
                items.append(last)
            key, last = None, ""
            if word == closing:
                return pairs if closing == "}" else items
    raise FormatError("a list that is not closed", where=where, found=text[:80])
