"""How large a picture is, from its first bytes: what turns fractions into pixels where an annotation states no size."""

from __future__ import annotations

import io

from loadstone.datasets.pictures import Found
from loadstone.errors import LoadstoneError
from loadstone.wire.limits import KIB
from loadstone.wire.picture import PictureHead, head

_HEAD_BYTES = 64 * KIB
"""Enough for the size of nearly every picture; a JPEG whose camera put a large preview first is read whole."""


def size_of(found: Found) -> PictureHead:
    """Return what a picture's first bytes say. Raises `LoadstoneError` for what is no picture."""
    data = found.tree.head(found.own, _HEAD_BYTES)
    try:
        return head(io.BytesIO(data), where=found.path)
    except LoadstoneError:
        if len(data) < _HEAD_BYTES:
            raise
    return head(io.BytesIO(found.read()), where=found.path)
