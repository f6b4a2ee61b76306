"""The protobuf text format, read by somebody who wants to help: every mistake of a text in one pass.

What it is: `read_tolerant` gives the message that was meant, as far as it can be told, and the slips in it; a schema
tells which field belongs where and which kind of value it has. What it is not: the reader of good texts (`textproto`),
or a judge of values.
Specification: protobuf.dev, "Text Format Language"; what Python's `text_format` refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loadstone.errors import LimitError
from loadstone.wire.limits import PROTOBUF_DEPTH, TEXT_BYTES, TEXT_FIELDS, shown
from loadstone.wire.textmessage import TextMessage
from loadstone.wire.textschema import TextSchema, nearest, surely
from loadstone.wire.textslip import Slip, SlipKind, mended
from loadstone.wire.texttokens import (
    BLANKS,
    BRACES,
    COLON,
    GARBAGE,
    INVISIBLE,
    NAME,
    QUOTES,
    decoded,
    is_garbage,
    rest_of_line,
)
from loadstone.wire.textvalue import Value, list_value, value_at

MOST_SLIPS = 500
"""A text with more mistakes than this is another kind of file."""


@dataclass(frozen=True, slots=True)
class Tolerant:
    """`data`: the text as UTF-8, which slips and places refer to; `root`: what was read; `encoding`: what it was in.

    `whole` is False where the reader gave up on the rest.
    """

    data: bytes
    root: TextMessage
    slips: tuple[Slip, ...]
    encoding: str = "utf-8"
    whole: bool = True

    def mended(self, *kinds: SlipKind, unsure: bool = False) -> bytes:
        """Return the text with the slips of these kinds (all where none is named) mended; the unsure too if asked."""
        wanted = [slip for slip in self.slips if (not kinds or slip.kind in kinds) and (slip.sure or unsure)]
        return mended(self.data, wanted)


@dataclass(slots=True)
class _Open:
    message: TextMessage
    kind: str
    brace: bytes
    column: int


class _Reader:
    """Walks once over the text; `stack` holds the open messages, from the whole text inwards."""

    def __init__(self, data: bytes, schema: TextSchema, root: str) -> None:
        self.data = data
        self.schema = schema
        self.root = TextMessage(data)
        self.stack = [_Open(self.root, root, b"", 0)]
        self.slips: list[Slip] = []
        self.deficit = _deficit(data)
        self.count = 0
        self.after = 0
        self.said: set[tuple[str, str]] = set()
        self.closed: tuple[_Open, int] | None = None

    @property
    def top(self) -> _Open:
        return self.stack[-1]

    def run(self, at: int) -> bool:
        """Read to the end; returns False where there are too many mistakes to go on."""
        while True:
            at = self.blanks(at)
            if at >= len(self.data):
                break
            at = self.statement(at)
            if len(self.slips) > MOST_SLIPS or self.count > TEXT_FIELDS:
                return False
        if len(self.stack) > 1:
            self.close_missing(1, len(self.data.rstrip()))
        return True

    def blanks(self, at: int) -> int:
        """Step over blanks and comments, and over characters that only look like blanks."""
        while True:
            at = BLANKS.match(self.data, at).end()  # type: ignore[union-attr]
            found = INVISIBLE.match(self.data, at)
            if found is None:
                return at
            self.slip("invisible", at, found.end(), "an invisible character stands between the fields", b" ")
            at = found.end()

    def slip(
        self,
        kind: SlipKind,
        at: int,
        end: int,
        fact: str,
        replacement: bytes | None = None,
        *,
        sure: bool = True,
        expected: str = "",
    ) -> None:
        self.slips.append(Slip(kind, at, end, fact, replacement, sure, expected))

    def statement(self, at: int) -> int:
        """Read one field, or one closing brace, or step over what is neither."""
        byte = self.data[at : at + 1]
        if byte in (b"}", b">") and not (byte == b">" and is_garbage(self.data, at)):
            return self.close(at)
        if is_garbage(self.data, at):
            return self.garbage(at)
        if byte in (b";", b","):
            self.slip("syntax", at, at + 1, f"a {byte.decode()!r} stands between two fields", b"", sure=True)
            return at + 1
        name = NAME.match(self.data, at)
        if name is None:
            return self.garbage(at)
        return self.field(at, name)

    def field(self, at: int, name: re.Match[bytes]) -> int:
        """Read the field whose name stands here; its colon and value follow, or should."""
        label = re.sub(rb"\s", b"", name[0]).decode("ascii", "replace")
        colon = COLON.match(self.data, name.end())
        after = colon.end() if colon else name.end()
        if not colon and not BRACES.match(self.data, self.blanks_only(after)):
            return self.without_colon(at, name, label)
        known = self.belongs(at, name, label)
        if colon and colon[1] != b":":
            self.slip("syntax", colon.start(1), colon.end(1), f"{label} is followed by {colon[1].decode()!r}", b":")
        return self.value(at, label, known, self.blanks_only(after), colon=colon is not None)

    def blanks_only(self, at: int) -> int:
        return BLANKS.match(self.data, at).end()  # type: ignore[union-attr]

    def without_colon(self, at: int, name: re.Match[bytes], label: str) -> int:
        """A name without a colon: a value may follow on its line, else the line is no field."""
        rest, _ = rest_of_line(self.data, name.end())
        kind = self.schema.kind(self.top.kind, label)
        value = rest.strip()
        if kind and kind not in self.schema.messages and value:
            self.slip("syntax", name.end(), name.end(), f"the colon after {label} is missing", b":")
            return self.value(at, label, kind, self.blanks_only(name.end()), colon=True)
        if kind in self.schema.messages and not value:
            self.slip("brace", name.end(), name.end(), f"the brace after {label} is missing", b" {", sure=False)
            return self.enter(at, label, kind, b"{", name.end())
        return self.garbage(at)

    def value(self, at: int, label: str, kind: str, start: int, *, colon: bool) -> int:
        """Read the value of a field: a message, a list, or a scalar."""
        opened = BRACES.match(self.data, start)
        if opened:
            if kind and kind not in self.schema.messages:
                fact = f"{label} holds a message in braces"
                self.slip("wrong-value", at, start + 1, fact, expected=f"one value ({kind}) behind a colon")
                kind = ""
            return self.enter(at, label, kind, opened[0], opened.end())
        words = self.schema.enums.get(kind, ())
        if self.data[start : start + 1] == b"[":
            found = list_value(self.data, start, label, kind, words)
            for token in found.tokens:
                self.add(label, token, at)
        else:
            found = value_at(self.data, start, label, kind, words)
            if kind in self.schema.messages and found.tokens:
                fact = f"{label} holds one value"
                self.slip("wrong-value", at, found.end, fact, expected=f"fields in braces ({kind})")
            elif found.tokens:
                self.add(label, found.tokens[0], at)
        self.slips += found.slips
        self.after = found.end
        return self.separator(found)

    def separator(self, found: Value) -> int:
        at = found.end
        blank = self.blanks_only(at)
        return blank + 1 if self.data[blank : blank + 1] in (b";", b",") else at

    def add(self, label: str, value: bytes | TextMessage, at: int) -> None:
        self.count += 1
        self.top.message.entries.append((label, value, at))

    def enter(self, at: int, label: str, kind: str, brace: bytes, after: int) -> int:
        if len(self.stack) >= PROTOBUF_DEPTH:
            raise LimitError(f"messages nest deeper than {PROTOBUF_DEPTH}", found=f"the message {label}")
        inner = TextMessage(self.data, label, at)
        self.add(label, inner, at)
        self.stack.append(_Open(inner, kind, brace, at - self.data.rfind(b"\n", 0, at) - 1))
        self.after = after
        return after

    def close(self, at: int) -> int:
        """A closing brace: of the innermost message, or one too many."""
        byte = self.data[at : at + 1]
        if len(self.stack) == 1:
            self.slip("brace", at, at + 1, "a closing brace has no opening one", b"", sure=self.deficit < 0)
            return at + 1
        wanted = b"}" if self.top.brace == b"{" else b">"
        if byte != wanted:
            fact = f"{self.top.message.name} is closed with {byte.decode()!r}"
            self.slip("brace", at, at + 1, fact, wanted)
        self.closed = (self.stack.pop(), at)
        self.after = at + 1
        blank = self.blanks_only(at + 1)
        return blank + 1 if self.data[blank : blank + 1] in (b";", b",") else at + 1

    def close_missing(self, depth: int, at: int, sure: bool = True) -> None:
        """Close open messages down to `depth`, with a slip for each brace that is not there, innermost first."""
        newline = b"\r\n" if b"\r\n" in self.data[: 1 << 14] else b"\n"
        while len(self.stack) > depth:
            gone = self.stack.pop()
            line = self.data.count(b"\n", 0, gone.message.at) + 1
            brace = b"}" if gone.brace == b"{" else b">"
            fact = f"the brace that closes {gone.message.name} (opened in line {line:,}) is missing"
            self.slip("brace", at, at, fact, newline + b" " * gone.column + brace, sure=sure)
            self.deficit -= 1

    def belongs(self, at: int, name: re.Match[bytes], label: str) -> str:
        """Return the type of the field, after closing messages that were left open; say where it is not known."""
        top = self.top
        if label.startswith("[") or not self.schema.knows(top.kind):
            return ""
        if kind := self.schema.kind(top.kind, label):
            return kind
        for depth in range(len(self.stack) - 1, 0, -1):
            if self.deficit >= len(self.stack) - depth and self.schema.kind(self.stack[depth - 1].kind, label):
                self.close_missing(depth, self.after)
                return self.schema.kind(self.top.kind, label)
        if self.deficit < 0 and self.closed and (kind := self.schema.kind(self.closed[0].kind, label)):
            self.reopen(*self.closed)
            return kind
        self.unknown(at, name, label)
        return ""

    def reopen(self, last: _Open, at: int) -> None:
        """Go back into the message that was closed last: its brace is the one too many."""
        fact = f"a closing brace too many ends {last.message.name} before its last field"
        self.slip("brace", at, at + 1, fact, b"")
        self.stack.append(last)
        self.closed = None
        self.deficit += 1

    def unknown(self, at: int, name: re.Match[bytes], label: str) -> None:
        kind = self.top.kind
        if (kind, label) in self.said:
            return
        self.said.add((kind, label))
        fact = f'the message {kind} has no field named "{label}"'
        near = nearest(label, self.schema.messages[kind])
        holder = next((one.kind for one in reversed(self.stack[:-1]) if self.schema.kind(one.kind, label)), "")
        holders = [holder] if holder else self.schema.holders(label)
        if holders and (not near or holder):
            self.slip("misplaced-field", at, name.end(), fact, expected=f"it is a field of {', '.join(holders[:3])}")
        else:
            sure = bool(near) and surely(label, near)
            expected = f'"{near}"' if near else "one of its fields: " + ", ".join(list(self.schema.messages[kind])[:6])
            self.slip("unknown-field", at, name.end(), fact, near.encode() or None, sure=sure, expected=expected)

    def garbage(self, at: int) -> int:
        """Step over a line (or what is left of it) that holds no field, and make it a comment."""
        start = self.data.rfind(b"\n", 0, at) + 1
        end = self.data.find(b"\n", at)
        end = len(self.data) if end < 0 else end
        shown_line = self.data[at:end].decode("utf-8", "replace").strip()[:80]
        if self.data[at : at + 2] == b"//":
            self.slip("syntax", at, at + 2, "a comment begins with '//'", b"#", expected="#")
            return end
        word = NAME.fullmatch(self.data[at:end].partition(b"#")[0].strip())
        if word and nearest(word[0].decode("ascii"), self.schema.messages.get(self.top.kind, ())):
            stop = at + len(word[0])
            self.slip("syntax", at, stop, f"the field {word[0].decode()} has no value", expected="a colon and a value")
            return end
        known = GARBAGE.match(self.data, at)
        whole = not self.data[start:at].strip()
        mend = b"# " if whole and (known or QUOTES.match(self.data, at) is None) else None
        what = "is no field" if known is None else "came in by copying"
        self.slips.append(Slip("garbage", at, at, f"the text {shown_line!r} {what}", mend, sure=known is not None))
        return end


def _deficit(data: bytes) -> int:
    """Return how many braces are opened and never closed, strings and comments left out."""
    plain = re.sub(rb"\#[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", b"", data)
    return plain.count(b"{") - plain.count(b"}")


def read_tolerant(data: bytes, schema: TextSchema, root: str) -> Tolerant:
    """Return what a text of the message `root` was meant to say, and every slip in it.

    Offsets are those of the result's `data`: the text as UTF-8. Raises `LimitError` for a text that is too long or
    nests too deeply; nothing else.
    """
    if len(data) > TEXT_BYTES:
        raise LimitError("the text is too long", expected=f"at most {shown(TEXT_BYTES)}", found=shown(len(data)))
    text, encoding, first = decoded(data)
    reader = _Reader(text, schema, root)
    whole = reader.run(first.end if first is not None and encoding == "utf-8" else 0)
    slips = [*([first] if first else []), *reader.slips]
    return Tolerant(text, reader.root, tuple(sorted(slips, key=_order)), encoding, whole)


def _order(slip: Slip) -> tuple[int, int]:
    return slip.at, slip.end
