"""What stands between the values of a damaged protobuf text: encodings, invisible characters, copied lines.

What it is: the tables and expressions of the tolerant reader. What it is not: its walk (`texttolerant`).
"""

from __future__ import annotations

import re

from loadstone.wire.textslip import Slip

BOM = b"\xef\xbb\xbf"
BLANKS = re.compile(rb"[ \t\r\n\f\v]*+(?:\#[^\n]*+[ \t\r\n\f\v]*+)*+")
NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*+|\[\s*[A-Za-z_][\w.\s/-]*\]")
COLON = re.compile(rb"[ \t]*(:|=|\xef\xbc\x9a)")
"""A colon, an equals sign in its place, or the full-width colon of East Asian keyboards."""

BRACES = re.compile(rb"[{<]")
INVISIBLE_TEXT = "\u00a0\u2007\u202f\u3000\u200b\u200c\u200d\u2060\u2028\u2029\ufeff\u00ad"
INVISIBLE = re.compile(
    b"(?:[\x00-\x08\x0e-\x1f\x7f]|" + b"|".join(character.encode() for character in INVISIBLE_TEXT) + b")+"
)
OPENING_QUOTES = "“”„‟″«»‘’‚‛′`´＂＇"
QUOTES = re.compile(b"(?:" + b"|".join(character.encode() for character in OPENING_QUOTES) + b")")

GARBAGE = re.compile(
    rb"```|~~~|>>>|\.\.\. |<<<<<<<|=======|\|\|\|\|\|\|\||@@ |\$ |%[a-z%]|![a-z]|\\(?:begin|end)\{"
    rb"|<[/!?a-zA-Z][^>\n]*>|&(?:lt|gt|amp|quot|nbsp);|https?://|www\.|import [a-z]|from [a-z][\w.]* import"
    rb"|In ?\[\d*\]:"
    rb"|Traceback \(|\.\.\.\s*$|\xe2\x80\xa6\s*$|\d+[ \t]*[|:][ \t]",
    re.MULTILINE,
)
"""Fences, prompts, merge marks, tags, addresses, code, ellipses, and line numbers that were copied along."""

_TAG = re.compile(rb"<[/!?]?[a-zA-Z][\w-]*(?:\s+[\w-]+\s*=\s*(?:\"[^\"\n]*\"|'[^'\n]*'))*\s*/?>")


def is_garbage(data: bytes, at: int) -> bool:
    """Whether the text at this place, where a field should begin, is something that was copied along."""
    found = GARBAGE.match(data, at)
    return found is not None and (data[at : at + 1] != b"<" or _TAG.match(data, at) is not None)


def rest_of_line(data: bytes, at: int) -> tuple[bytes, int]:
    """Return what stands on the line from here on, without its comment, and where the line ends."""
    end = data.find(b"\n", at)
    end = len(data) if end < 0 else end
    return data[at:end].partition(b"#")[0], end


_ZEROS = re.compile(rb"(?:[^\x00]\x00){4}|(?:\x00[^\x00]){4}")
"""UTF-16 without its mark: every other byte of plain letters is zero."""


def decoded(data: bytes) -> tuple[bytes, str, Slip | None]:
    """Return the text as UTF-8, what it was in, and the slip of its encoding if that was wrong."""
    for mark, encoding, name in (
        (b"\xff\xfe\x00\x00", "utf-32-le", "UTF-32"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
    ):
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")
            return text, encoding, _whole(f"the text is {name}, not UTF-8")
    if _ZEROS.match(data):
        encoding = "utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"
        return data.decode(encoding, "replace").encode("utf-8", "replace"), encoding, _whole("the text is UTF-16")
    if data.startswith(BOM):
        return data, "utf-8", Slip("encoding", 0, 3, "the text begins with a byte order mark (EF BB BF)", b"")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        fact = f"byte {error.start:,} (0x{data[error.start]:02X}) is no UTF-8; the text reads as Windows-1252"
        return data.decode("cp1252", "replace").encode(), "cp1252", _whole(fact)
    return data, "utf-8", None


def _whole(fact: str) -> Slip:
    return Slip("encoding", 0, 0, fact, b"")
