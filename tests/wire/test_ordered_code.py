"""Keys of slices: as TensorFlow wrote them, there and back, and damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import FormatError
from loadstone.wire.ordered_code import Extents, is_slice_key, read_slice_key, slice_key
from tests.support.hostile import bit_flips, survives, truncations

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(st.text(), st.lists(st.tuples(INT64, INT64), max_size=8).map(tuple))
def test_there_and_back(name: str, extents: Extents) -> None:
    name = name.encode("utf-8", "ignore").decode()
    key = slice_key(name, extents)
    assert is_slice_key(key)
    assert read_slice_key(key) == (name, extents)


@given(INT64, INT64)
def test_bytes_sort_as_numbers(one: int, other: int) -> None:
    keys = [slice_key("x", ((number, 0),)) for number in (one, other)]
    assert (keys[0] < keys[1]) == (one < other)


def test_as_tensorflow_writes_them() -> None:
    # The key of `a`, two whole dimensions, from a SessionBundle's export.
    assert slice_key("a", ((0, -1), (0, -1))) == bytes.fromhex("0061000101 02 807f 807f".replace(" ", ""))


@pytest.mark.parametrize(
    "broken", [b"", b"\x00", b"\x00a", b"\x00a\x00\x01", b"\x00a\x00\x01\x01\x02", b"\x09aaaaaaaaa"]
)
def test_refuses_what_ends_early(broken: bytes) -> None:
    with pytest.raises(FormatError):
        read_slice_key(broken)


def test_survives_damage() -> None:
    key = slice_key("scope/weights\x00é", ((0, -1), (5, 2**40), (2**62, 7)))
    for broken in (*truncations(key, every=1), *bit_flips(key, 400), key + b"\x00"):
        survives(read_slice_key, broken)
