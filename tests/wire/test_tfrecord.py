"""TFRecord framing: from a buffer, from a stream, damaged, and as TensorFlow writes it."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire.tfrecord import frame, read_records, record_spans, starts_as_records, verify_record
from tests.support.hostile import bit_flips, inflated, survives, truncations

RECORDS = [b"", b"one", bytes(1000), b"\xff" * 17]
DATA = b"".join(map(frame, RECORDS))


def spans(data: bytes) -> list[bytes]:
    found = []
    for start, end in record_spans(data):
        verify_record(data, start, end)
        found.append(data[start:end])
    return found


def streamed(data: bytes) -> list[bytes]:
    return list(read_records(io.BytesIO(data)))


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_there_and_back(records: list[bytes]) -> None:
    data = b"".join(map(frame, records))
    assert spans(data) == records
    assert streamed(data) == records
    assert starts_as_records(data) == bool(records)


def test_one_flipped_bit_anywhere_is_found() -> None:
    for at in range(len(DATA) * 8):
        broken = bytearray(DATA)
        broken[at // 8] ^= 1 << at % 8
        for read in (spans, streamed):
            with pytest.raises(FormatError):
                read(bytes(broken))
        if at > 400:
            break


def test_damage_in_the_bytes_is_told_from_damage_in_the_length() -> None:
    broken = bytearray(frame(b"abcdef"))
    broken[12] ^= 1
    with pytest.raises(ChecksumError, match="a record does not match") as caught:
        spans(bytes(broken))
    assert caught.value.where == "record at byte 0"
    broken[0] ^= 1
    with pytest.raises(ChecksumError, match="nothing after it"):
        spans(bytes(broken))


@pytest.mark.parametrize("cut", [1, 11, 12, 13, 14, 17])
def test_says_how_much_is_left(cut: int) -> None:
    data = frame(b"ab")
    for read in (spans, streamed):
        with pytest.raises(TruncatedError, match="left"):
            read(DATA + data[:cut])


def test_a_declared_length_costs_nothing() -> None:
    """The checksum of a length is right here, the bytes never come."""
    huge = _header(2**29)
    assert isinstance(survives(streamed, huge, memory=True), TruncatedError)
    assert isinstance(survives(streamed, _header(2**63), memory=True), LimitError)


def _header(length: int) -> bytes:
    from loadstone.wire.crc32c import masked_crc32c

    raw = length.to_bytes(8, "little")
    return raw + masked_crc32c(raw).to_bytes(4, "little")


def test_survives_damage() -> None:
    for broken in (*truncations(DATA, every=8), *bit_flips(DATA), *inflated(DATA)):
        survives(spans, broken)
        survives(streamed, broken)
