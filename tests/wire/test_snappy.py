"""Snappy against another implementation, and against blocks that lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire.limits import SNAPPY_RATIO
from loadstone.wire.protobuf_writer import varint
from loadstone.wire.snappy import decompress
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.tables import literals

REPETITIVE = st.lists(st.sampled_from([b"model/conv", b"/kernel", b"\x00" * 9, b"abc", b"/.ATTRIBUTES"]), max_size=200)


@given(st.one_of(st.binary(max_size=3000), REPETITIVE.map(b"".join)))
def test_undoes_what_another_implementation_packs(data: bytes) -> None:
    cramjam = pytest.importorskip("cramjam")
    assert decompress(bytes(cramjam.snappy.compress_raw(data))) == data


@given(st.binary(max_size=500))
def test_literals(data: bytes) -> None:
    assert decompress(literals(data)) == data


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_long_literals_state_their_length_in_one_to_four_bytes(width: int) -> None:
    data = bytes(100)
    tag = bytes([(59 + width) << 2]) + (len(data) - 1).to_bytes(width, "little")
    assert decompress(varint(100) + tag + data) == data


def test_copies_may_overlap_what_they_write() -> None:
    copy_1 = bytes([(1 << 2) | 1, 1])
    copy_2 = bytes([(63 << 2) | 2, 2, 0])
    copy_4 = bytes([(9 << 2) | 3, 3, 0, 0, 0])
    assert decompress(varint(6) + b"\x00a" + copy_1) == b"a" * 6
    assert decompress(varint(66) + b"\x04ab" + copy_2) == b"ab" * 33
    assert decompress(varint(13) + b"\x08abc" + copy_4) == b"abc" * 4 + b"a"


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", TruncatedError, "varint"),
        (varint(5) + b"\x10abc", TruncatedError, "5 bytes"),
        (varint(5) + b"\x00a\x01\x02", FormatError, "offset of 1 to 1"),
        (varint(5) + b"\x00a\x01\x00", FormatError, "found 0"),
        (varint(5) + b"\x00a\x02\x01", TruncatedError, "inside a snappy copy"),
        (varint(5) + b"\x00a", FormatError, "found 1 byte"),
        (varint(1) + b"\x04ab", FormatError, "more"),
        (varint(2**31), LimitError, "2,147,483,648"),
        (varint(4096) + bytes(10), LimitError, f"{SNAPPY_RATIO} times"),
    ],
)
def test_refuses(data: bytes, kind: type[FormatError], words: str) -> None:
    with pytest.raises(kind, match=words):
        decompress(data)


def test_survives_damage() -> None:
    data = literals(bytes(range(256)) * 4)
    for broken in (*truncations(data), *bit_flips(data), *inflated(data)):
        survives(decompress, broken)
