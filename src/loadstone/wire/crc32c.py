"""CRC-32C (Castagnoli) over buffers, and the masked form in which tables, bundles and TFRecords store it.

`google-crc32c` does it with the processor's own instruction; the polynomial itself is used for runs of zeros alone.
Specification: RFC 3720 appendix B.4 for the sum; LevelDB's `crc32c.h` for the mask.
"""

from __future__ import annotations

from functools import cache

from loadstone.wire.protobuf import Buffer

POLYNOMIAL = 0x82F63B78
"""Castagnoli's, with its bits reversed."""

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


def zeros_crc(count: int) -> int:
    """Return the sum over `count` zero bytes, in as many steps as the number has bits."""
    value, step = 0xFFFFFFFF, 0
    while count:
        if count & 1:
            value = _apply(_operator(step), value)
        count >>= 1
        step += 1
    return value ^ 0xFFFFFFFF


def _apply(operator: tuple[int, ...], value: int) -> int:
    """Multiply a vector of 32 bits by a matrix over GF(2), given as its columns."""
    result = 0
    for column in operator:
        if not value:
            break
        if value & 1:
            result ^= column
        value >>= 1
    return result


@cache
def _operator(step: int) -> tuple[int, ...]:
    """Return what `1 << step` zero bytes do to the sum's register, as the images of its 32 bits."""
    if step:
        half = _operator(step - 1)
        return tuple(_apply(half, column) for column in half)
    return tuple(_one_byte(1 << bit) for bit in range(32))


def _one_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (POLYNOMIAL if value & 1 else 0)
    return value
