"""What the first bytes of a text proto say about the whole: the name of its first field.

What it is: the recognition that pipeline configurations and label maps share. What it is not: a parser.
"""

from __future__ import annotations

import re

from loadstone.wire.textscalar import SPACE, WORD

_FIRST = re.compile(
    rb"(?>(?:\xef\xbb\xbf)?)"
    + SPACE
    + rb"("
    + WORD
    + rb"|\[[\w./-]++\])"
    + SPACE
    + rb"(?>(?:(:)"
    + SPACE
    + rb")?)([{<]?+)"
)


def first_field(head: bytes) -> tuple[str, bool]:
    """Return the first field's name (`[package.name]` for an extension) and whether it opens a message.

    `("", False)` where none begins.
    """
    found = _FIRST.match(head)
    if found is None or not (found[2] or found[3]):
        return "", False
    return found[1].decode("ascii"), bool(found[3])
