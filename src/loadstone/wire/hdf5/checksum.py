"""The two checksums of HDF5: Jenkins' lookup3 over metadata, and Fletcher-32 over chunks.

Specification: Bob Jenkins, lookup3.c (public domain), `hashlittle` with initial value 0, for metadata of format
version 2 and later; H5_checksum_fletcher32 (big-endian 16-bit words, sums folded modulo 65,535) for chunks.
"""

from __future__ import annotations

import struct

_MASK = 0xFFFFFFFF


def _rotated(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & _MASK


def _final(a: int, b: int, c: int) -> int:
    c = ((c ^ b) - _rotated(b, 14)) & _MASK
    a = ((a ^ c) - _rotated(c, 11)) & _MASK
    b = ((b ^ a) - _rotated(a, 25)) & _MASK
    c = ((c ^ b) - _rotated(b, 16)) & _MASK
    a = ((a ^ c) - _rotated(c, 4)) & _MASK
    b = ((b ^ a) - _rotated(a, 14)) & _MASK
    return ((c ^ b) - _rotated(b, 24)) & _MASK


def lookup3(data: bytes) -> int:
    """Return the 32-bit lookup3 hash of `data`."""
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    if not data:
        return c
    # The last 1 to 12 bytes are mixed differently, so a full last block stays in the tail.
    body = (len(data) - 1) // 12 * 12
    a, b, c = _mixed(data[:body], a, b, c)
    x, y, z = struct.unpack("<3I", data[body:].ljust(12, b"\0"))
    return _final((a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK)


def _mixed(body: bytes, a: int, b: int, c: int) -> tuple[int, int, int]:
    """Mix whole blocks of 12 bytes into the state. Rotations are written out: calls would double the time."""
    for x, y, z in struct.iter_unpack("<3I", body):
        a, b, c = (a + x) & _MASK, (b + y) & _MASK, (c + z) & _MASK
        a = ((a - c) & _MASK) ^ ((c << 4) & _MASK | c >> 28)
        c = (c + b) & _MASK
        b = ((b - a) & _MASK) ^ ((a << 6) & _MASK | a >> 26)
        a = (a + c) & _MASK
        c = ((c - b) & _MASK) ^ ((b << 8) & _MASK | b >> 24)
        b = (b + a) & _MASK
        a = ((a - c) & _MASK) ^ ((c << 16) & _MASK | c >> 16)
        c = (c + b) & _MASK
        b = ((b - a) & _MASK) ^ ((a << 19) & _MASK | a >> 13)
        a = (a + c) & _MASK
        c = ((c - b) & _MASK) ^ ((b << 4) & _MASK | b >> 28)
        b = (b + a) & _MASK
    return a, b, c


def fletcher32(data: bytes) -> int:
    """Return the Fletcher-32 checksum of `data` as HDF5 computes it."""
    import numpy as np

    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2").astype(np.uint64)
    first, second = 0, 0
    descending = np.arange(min(len(words), 1 << 16), 0, -1, dtype=np.uint64)
    # 2^16 words at a time keep every sum of products below 2^64.
    for start in range(0, len(words), 1 << 16):
        block = words[start : start + (1 << 16)]
        second += first * len(block) + int((block * descending[-len(block) :]).sum())
        first += int(block.sum())
    return _folded(second) << 16 | _folded(first)


def _folded(total: int) -> int:
    """Return the sum modulo 65,535 in ones' complement: a multiple that is not zero itself folds to 65,535."""
    return total % 65535 or (65535 if total else 0)
