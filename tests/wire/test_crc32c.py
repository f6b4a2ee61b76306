"""CRC-32C against the vectors of RFC 3720 and LevelDB, over every kind of buffer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.wire.crc32c import CHUNK_BYTES, MASK_DELTA, crc32c, masked, masked_crc32c


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_published_vectors(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


@given(st.integers(0, 2**32 - 1))
def test_mask_is_undone(value: int) -> None:
    rotated = (masked(value) - MASK_DELTA) & 0xFFFFFFFF
    assert ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF == value
    assert masked(value) != value


@given(st.binary(max_size=300), st.integers(0, 300))
def test_sum_continues(data: bytes, cut: int) -> None:
    assert crc32c(data[cut:], value=crc32c(data[:cut])) == crc32c(data)
    assert crc32c(data, 0, cut) == crc32c(data[:cut]) if cut <= len(data) else True


def test_long_views_are_summed_in_pieces() -> None:
    data = bytes(range(256)) * (CHUNK_BYTES // 100)
    assert len(data) > 2 * CHUNK_BYTES
    assert crc32c(memoryview(data)) == crc32c(data)
    assert masked_crc32c(memoryview(data), 3, len(data) - 5) == masked(crc32c(data[3:-5]))
