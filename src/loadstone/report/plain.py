"""Text from a file or a file name, made safe to print on a terminal: no control character gets through."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return the text with every character that is not printable shown as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
