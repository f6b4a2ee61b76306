"""How many numbers a packed repeated field holds, without decoding them.

Specification: protobuf.dev, "Encoding", packed repeated fields: the last byte of each varint has no upper bit.
"""

from __future__ import annotations

from loadstone.wire.protobuf import Buffer

_CONTINUED = bytes(range(0x80, 0x100))
_PIECE = 1 << 20


def count_varints(data: Buffer, start: int, end: int) -> int:
    """Return the number of varints that end in `data[start:end]`."""
    pieces = (bytes(data[at : min(at + _PIECE, end)]) for at in range(start, end, _PIECE))
    return sum(len(piece.translate(None, _CONTINUED)) for piece in pieces)
