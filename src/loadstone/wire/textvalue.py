"""A value of a protobuf text as it was meant: quotes of every kind, none at all, backslashes, numbers in quotes.

What it is: the token that should stand there and the slips in the one that does. What it is not: messages, or fields.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loadstone.wire.textscalar import QUOTED, SCALAR, quoted
from loadstone.wire.textschema import nearest
from loadstone.wire.textslip import Slip
from loadstone.wire.texttokens import BLANKS, QUOTES

_STRING = re.compile(QUOTED)
_SCALAR = re.compile(SCALAR)
_STRINGS = re.compile(rb"(?:" + QUOTED + rb")(?:[ \t\r\n]*(?:" + QUOTED + rb"))*")
_BARE = re.compile(rb"[^\s#;,}\]{]+")
_BARE_LINE = re.compile(rb"[^\n#]*")
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_NEXT_FIELD = re.compile(rb"[A-Za-z_]\w*[ \t]*(?::|\{)")
_GLUED = re.compile(rb"[^\s#;,}\]>\"'{\[]+[\"']?")
_QUOTE_TAIL = re.compile(rb"[^\n]*?[^\"'\n][\"']+(?=\s|$|;|,|}|#)")
_DRIVE = re.compile(rb"[A-Za-z]:\\(?!\\)|\\\\[A-Za-z]|\.{1,2}\\(?!\\)")
_SINGLE = re.compile(rb"(?<!\\)\\(?!\\)")
_INTEGER = re.compile(rb"-?\d+$")
_FLOAT = re.compile(rb"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?$|-?(?i:inf|nan)$")
_TRUTHS = {b"true": b"true", b"false": b"false", b"t": b"true", b"f": b"false", b"1": b"true", b"0": b"false"}
_STRICT_TRUTHS = (b"true", b"True", b"t", b"1", b"false", b"False", b"f", b"0")
_TRUTH_WORDS = {b"yes": b"true", b"on": b"true", b"no": b"false", b"off": b"false"}

PATH_FIELDS = re.compile(r"path$|checkpoint$|_file$|^input_path$")
"""Fields whose strings name files: a single backslash in them was never meant as an escape."""


@dataclass(frozen=True, slots=True)
class Value:
    """Tokens that were meant (none where nothing can be told), where the value ends, and its slips."""

    tokens: tuple[bytes, ...]
    end: int
    slips: tuple[Slip, ...] = ()


def value_at(data: bytes, at: int, label: str, kind: str, words: Sequence[str]) -> Value:
    """Return the scalar at `at`, which the field `label` of type `kind` holds; `words` are its enum's."""
    byte = data[at : at + 1]
    if byte in (b'"', b"'"):
        return _checked(_quoted_value(data, at, label), data, at, label, kind, words)
    if mark := QUOTES.match(data, at):
        return _typographic(data, at, mark)
    line_end = _line_end(data, at)
    if byte in (b"", b"}", b"{", b"]") or (at > 0 and _on_new_line(data, at) and _NEXT_FIELD.match(data, at)):
        fact = f"the field {label} has no value"
        before = len(data[:at].rstrip())
        return Value((), at, (Slip("syntax", before, before, fact, expected=_wanted(kind, words)),))
    if kind == "string":
        return _unquoted(data, at, label, line_end)
    found = _SCALAR.match(data, at)
    if found is None or (kind and not _ends_well(data, found.end())):
        return _unreadable(data, at, label, kind, words, line_end)
    return _checked(Value((found[0],), found.end()), data, at, label, kind, words)


def _on_new_line(data: bytes, at: int) -> bool:
    return not data[data.rfind(b"\n", 0, at) + 1 : at].strip()


def _ends_well(data: bytes, at: int) -> bool:
    return data[at : at + 1] in (b"", b" ", b"\t", b"\r", b"\n", b"#", b";", b",", b"}", b"]", b">")


def _line_end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _wanted(kind: str, words: Sequence[str]) -> str:
    if words:
        return f"one of {', '.join(words)}"
    names = {"string": "a string in quotes", "bool": "true or false", "int": "an integer", "uint": "a number from 0"}
    return names.get(kind, "a number" if kind == "float" else "a value")


def _quoted_value(data: bytes, at: int, label: str) -> Value:
    """A string in plain quotes, whole or not."""
    found = _STRINGS.match(data, at)
    path = PATH_FIELDS.search(label) is not None
    end = _line_end(data, at)
    quote = data[at : at + 1]
    raw = data[at + 1 : end].rstrip()
    closing = raw.rfind(quote)
    if found is not None and not (path and _SINGLE.search(found[0])) and not _DRIVE.search(found[0]):
        return _glued(data, at, found, label, end) or Value((found[0],), found.end())
    if closing >= 0:
        inner, stop = raw[:closing], at + 1 + closing + 1
        if _SINGLE.search(inner):
            return _backslashes(inner, at, stop, label)
    return _unclosed(data, at, quote, end)


def _glued(data: bytes, at: int, found: re.Match[bytes], label: str, end: int) -> Value | None:
    """Text that follows a string's closing quote without a blank: a quote too many before it, or a letter after it."""
    after = found.end()
    glued = _GLUED.match(data, after, end)
    if glued is None:
        return None
    if found[0] in (b'""', b"''"):
        quote = found[0][:1]
        whole = _QUOTE_TAIL.match(data, at + 1, end)
        stop = whole.end() if whole else len(data[:end].rstrip())
        inner = data[at + 2 : stop].rstrip(quote)
        token = quote + re.sub(rb"\\+", b"/", inner) + quote
        fact = f"{label} begins with two quotes, so that its string is empty"
        return Value(
            (token,), stop, (Slip("unquoted", at, stop, fact, token, expected=token.decode("utf-8", "replace")),)
        )
    text = glued[0].decode("utf-8", "replace")
    slip = Slip("syntax", after, glued.end(), f"the text {text!r} follows the value of {label}", b"", sure=False)
    return Value((found[0],), glued.end(), (slip,))


def _backslashes(inner: bytes, at: int, stop: int, label: str) -> Value:
    token = b'"' + re.sub(rb"\\+", b"/", inner) + b'"'
    sample = inner[_SINGLE.search(inner).start() :][:2].decode("utf-8", "replace")  # type: ignore[union-attr]
    fact = f"{label} holds a backslash, which begins an escape ({sample!r})".replace("\\\\", "\\")
    return Value((token,), stop, (Slip("backslash", at, stop, fact, token, expected="/ or \\\\"),))


def _unclosed(data: bytes, at: int, quote: bytes, end: int) -> Value:
    """A string without its end: a typographic quote may stand for it, else it ends with the line."""
    line = data[at + 1 : end]
    marks = list(QUOTES.finditer(line))
    if marks:
        last = marks[-1]
        inner = line[: last.start()]
        fact = f"{last[0].decode()!r} closes a string that begins with {quote.decode()!r}"
        stop = at + 1 + last.end()
        token = quoted(inner)
        slip = Slip("quotes", at + 1 + last.start(), stop, fact, quote, expected=quote.decode())
        return Value((token,), stop, (slip,))
    inner = line.rstrip(b" \t\r;,")
    stop = at + 1 + len(inner)
    fact = f"a string is not closed on its line: {inner[:60].decode('utf-8', 'replace')!r}"
    token = b'"' + inner.replace(b"\\", b"/") + b'"'
    return Value((token,), stop, (Slip("syntax", stop, stop, fact, quote, expected=f"a closing {quote.decode()}"),))


def _typographic(data: bytes, at: int, mark: re.Match[bytes]) -> Value:
    """A string in typographic quotes, or that begins with one."""
    end = _line_end(data, at)
    line = data[mark.end() : end]
    closers = [*QUOTES.finditer(line), *re.finditer(rb"[\"']", line)]
    plain = b"'" if b'"' in line.rstrip(b" \t\r;,}")[:-1] and b"'" not in line else b'"'
    slips = [_quote(at, mark.end(), mark[0], plain)]
    if not closers:
        inner = line.rstrip(b" \t\r;,")
        stop = mark.end() + len(inner)
        slips.append(Slip("syntax", stop, stop, "a string is not closed on its line", plain))
    else:
        last = max(closers, key=lambda found: found.start())
        inner, stop = line[: last.start()], mark.end() + last.end()
        if last[0] != plain:
            slips.append(_quote(mark.end() + last.start(), stop, last[0], plain))
    inner = inner.replace(b"\\", b"/") if _DRIVE.search(inner) else inner
    return Value((quoted(inner),), stop, tuple(slips))


def _quote(at: int, end: int, mark: bytes, plain: bytes) -> Slip:
    shown = mark.decode()
    typographic = f"a typographic quote {shown} (U+{ord(shown):04X})"
    fact = f"{typographic if ord(shown) > 127 else f'a quote {shown}'} stands where a plain {plain.decode()} is needed"
    return Slip("quotes", at, end, fact, plain, expected=plain.decode())


def _unquoted(data: bytes, at: int, label: str, line_end: int) -> Value:
    """A string without quotes reaches to the end of its line, or to a brace that closes its message there."""
    line = _BARE_LINE.match(data, at, line_end)[0]  # type: ignore[index]
    bare = line.rstrip(b" \t\r;,")
    while bare.endswith(b"}"):
        bare = bare[:-1].rstrip()
    # Only a quote at the end: the one before it was forgotten.
    tail = bare[-1:] if bare[-1:] in (b'"', b"'") else b""
    mark = None if tail else next((m for m in QUOTES.finditer(bare) if m.end() == len(bare)), None)
    inner = bare[: len(bare) - len(tail) - (len(mark[0]) if mark else 0)]
    token = quoted(re.sub(rb"\\+", b"/", inner))
    fact = f"{label} holds a string without quotes: {inner[:80].decode('utf-8', 'replace')}"
    slip = Slip("unquoted", at, at + len(bare), fact, token, expected=token.decode("utf-8", "replace"))
    return Value((token,), at + len(bare), (slip,))


def _unreadable(data: bytes, at: int, label: str, kind: str, words: Sequence[str], line_end: int) -> Value:
    """Neither a number nor a word; where a number with a comma or a unit was meant, it is told."""
    bare = _BARE.match(data, at)
    token = bare[0] if bare else data[at:line_end]
    end = at + len(token)
    text = token.decode("utf-8", "replace")
    decimal = re.match(rb"(-?\d+),(\d+)(?=\s|$)", data[at:line_end])
    if kind == "float" and decimal:
        mend = decimal[1] + b"." + decimal[2]
        slip = Slip("wrong-value", at, at + decimal.end(), f"{label} has a decimal comma", mend, sure=False)
        return Value((mend,), at + decimal.end(), (slip,))
    if not kind and ("/" in text or "\\" in text or text[:1].isalpha()):
        return _unquoted(data, at, label, line_end)
    fact = f"{label} has a value that cannot be read: {text[:60]!r}"
    return Value((), end, (Slip("wrong-value", at, end, fact, expected=_wanted(kind, words)),))


def _checked(found: Value, data: bytes, at: int, label: str, kind: str, words: Sequence[str]) -> Value:
    """Compare a token with the field's type."""
    if not kind or not found.tokens or found.slips:
        return found
    token = found.tokens[0]
    is_text = token[:1] in (b'"', b"'")
    if kind == "string":
        return found if is_text else _unquoted(data, at, label, _line_end(data, at))
    inner = token[1:-1].strip() if is_text else token
    right = _right(inner, kind, words)
    if right == inner and not is_text:
        return found
    text = inner.decode("utf-8", "replace")[:60]
    if right is None:
        fact = f"{label} has the value {text!r}"
        slip = Slip("wrong-value", at, found.end, fact, expected=_wanted(kind, words))
        return Value((), found.end, (slip,))
    fact = f"{label} holds {token.decode('utf-8', 'replace')[:60]}" + (", in quotes" if is_text else "")
    sure = is_text or kind in ("bool", "int", "uint")
    slip_kind = "quoted-value" if is_text else "wrong-value"
    slip = Slip(slip_kind, at, found.end, fact, right, sure=sure, expected=right.decode())  # type: ignore[arg-type]
    return Value((right,), found.end, (slip,))


def _right(token: bytes, kind: str, words: Sequence[str]) -> bytes | None:
    """Return the token that was meant for a field of this kind; itself where it is right; None where none is near."""
    if words:
        text = token.decode("utf-8", "replace")
        if text in words or _INTEGER.match(token):
            return token
        return nearest(text, words).encode() or None
    if kind == "bool":
        if token in _STRICT_TRUTHS:
            return token
        return _TRUTHS.get(token.lower()) or _TRUTH_WORDS.get(token.lower())
    if kind in ("int", "uint"):
        if _INTEGER.match(token) or re.match(rb"0[xX][0-9a-fA-F]+$", token):
            return token if kind == "int" or not token.startswith(b"-") else None
        whole = re.match(rb"(-?\d+)\.0*$", token)
        return whole[1] if whole else None
    if kind == "float":
        return token if _FLOAT.match(token) or _INTEGER.match(token) else None
    return token


def list_value(data: bytes, at: int, label: str, kind: str, words: Sequence[str]) -> Value:
    """Return the scalars of a list in brackets; messages in a list are left to the strict reader."""
    tokens: list[bytes] = []
    slips: list[Slip] = []
    here = BLANKS.match(data, at + 1).end()  # type: ignore[union-attr]
    while data[here : here + 1] not in (b"]", b"", b"{", b"}"):
        found = value_at(data, here, label, kind, words)
        tokens += found.tokens
        slips += found.slips
        here = BLANKS.match(data, max(found.end, here + 1)).end()  # type: ignore[union-attr]
        if data[here : here + 1] == b",":
            here = BLANKS.match(data, here + 1).end()  # type: ignore[union-attr]
        elif data[here : here + 1] not in (b"]", b"", b"{", b"}"):
            slips.append(
                Slip("syntax", found.end, found.end, f"two items of {label} stand without a comma", b",", False)
            )
    if data[here : here + 1] == b"{":
        return Value((), _balanced(data, here))
    if data[here : here + 1] != b"]":
        slips.append(Slip("syntax", here, here, f"the list {label} is not closed", b"]"))
        return Value(tuple(tokens), here, tuple(slips))
    return Value(tuple(tokens), here + 1, tuple(slips))


def _balanced(data: bytes, at: int) -> int:
    """Return where a list of messages ends: at its closing bracket, braces counted."""
    depth = 0
    while at < len(data):
        byte = data[at : at + 1]
        depth += (byte == b"{") - (byte == b"}")
        if byte == b"]" and depth <= 0:
            return at + 1
        at += 1
    return at
