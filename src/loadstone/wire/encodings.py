"""Text of Windows' programs → UTF-8, by the mark at its beginning.

What it is: the one look at a byte order mark that tells UTF-16. What it is not: a guess at other encodings.
Specification: The Unicode Standard, "Byte Order Mark".
"""

from __future__ import annotations

MARKS = (b"\xff\xfe", b"\xfe\xff")


def as_utf8(data: bytes) -> bytes:
    """Return the bytes of a text that begins with UTF-16's mark in UTF-8, what is no letter replaced; others as is."""
    return data.decode("utf-16", "replace").encode() if data[:2] in MARKS else data
