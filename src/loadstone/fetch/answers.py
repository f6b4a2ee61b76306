"""What an answer's headers say about its body: where it starts, how long it is, how it ends, how it is encoded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadstone.fetch.transport import Response

CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)")


def is_open_ended(answer: Response) -> bool:
    """Whether the body was ended by nothing but the connection's end."""
    chunked = "chunked" in answer.headers.get("transfer-encoding", "").lower()
    return not chunked and number(answer.headers.get("content-length")) is None


def content_range(answer: Response) -> tuple[int | None, int | None]:
    """Return (first byte, total length) of a Content-Range header, each None where it is not said."""
    match = CONTENT_RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if not match:
        return None, None
    return number(match[1]), number(match[3])


def number(text: str | None) -> int | None:
    """Return a header's number; None if it is none, or longer than a file can be."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() and len(text) < 19 else None


def encoding(headers: Mapping[str, str]) -> str:
    """Return the encoding that an answer claims for its body; empty for none."""
    claimed = headers.get("content-encoding", "").strip().lower()
    return "" if claimed in ("identity", "none") else claimed
