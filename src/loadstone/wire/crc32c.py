"""CRC-32C (Castagnoli) over buffers, and the masked form in which tables, bundles and TFRecords store it.

What it is not: an implementation of the polynomial; `google-crc32c` does that with the processor's own instruction.
Specification: RFC 3720 appendix B.4 for the sum; LevelDB's `crc32c.h` for the mask.
"""

from __future__ import annotations

from loadstone.wire.protobuf import Buffer

MASK_DELTA = 0xA282EAD8
"""Added by the mask, so that the sum of bytes that hold a sum does not degenerate (LevelDB's constant)."""

CHUNK_BYTES = 256 * 1024
"""The library accepts only `bytes`: a memory map is copied through a piece that stays in the processor's cache."""


def crc32c(data: Buffer, start: int = 0, end: int | None = None, value: int = 0) -> int:
    """Return the sum over `data[start:end]`, continuing from the sum `value`."""
    import google_crc32c

    end = len(data) if end is None else end
    if isinstance(data, bytes) and start == 0 and end == len(data):
        return int(google_crc32c.extend(value, data))
    for at in range(start, end, CHUNK_BYTES):
        value = google_crc32c.extend(value, bytes(data[at : min(at + CHUNK_BYTES, end)]))
    return value


def masked(value: int) -> int:
    """Return the form in which a sum is stored beside the bytes it covers."""
    return (((value >> 15) | (value << 17)) + MASK_DELTA) & 0xFFFFFFFF


def masked_crc32c(data: Buffer, start: int = 0, end: int | None = None) -> int:
    """Return the masked sum over `data[start:end]`."""
    return masked(crc32c(data, start, end))
