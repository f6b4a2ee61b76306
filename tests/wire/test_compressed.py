"""Packed streams against Python's own, cut, doubled and exploding."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable

import pytest

from loadstone.errors import FormatError, LimitError, TruncatedError
from loadstone.wire import compressed
from loadstone.wire.compressed import Unpacked, compression
from tests.support.hostile import bit_flips, survives, truncations

CONTENT = b"".join(bytes([i % 251, i % 7]) for i in range(200_000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def everything(data: bytes, kind: str, step: int = 70_000) -> bytes:
    source = Unpacked(data, kind)
    return b"".join(iter(lambda: source.read(step), b""))


@pytest.mark.parametrize("kind", PACKERS)
def test_reads_what_python_packed_also_in_several_members(kind: str) -> None:
    packed = PACKERS[kind](CONTENT)
    assert compression(packed) == kind
    assert everything(packed, kind) == CONTENT
    assert everything(packed * 2 + bytes(100), kind, 999) == CONTENT * 2


@pytest.mark.parametrize("kind", PACKERS)
def test_a_cut_stream_says_where(kind: str) -> None:
    packed = PACKERS[kind](CONTENT)
    cut = packed[: len(packed) - 3]
    with pytest.raises(TruncatedError) as told:
        everything(cut, kind)
    assert told.value.where == f"byte {len(cut):,}"


@pytest.mark.parametrize("kind", PACKERS)
def test_a_bomb_ends_early(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "FREE_BYTES", 100_000)
    with pytest.raises(LimitError, match="unpack to more"):
        everything(PACKERS[kind](bytes(30_000_000)), kind)


@pytest.mark.parametrize("kind", PACKERS)
def test_a_wrong_checksum_is_an_error(kind: str) -> None:
    packed = bytearray(PACKERS[kind](CONTENT))
    packed[-6 if kind == "gzip" else len(packed) // 2] ^= 0x55
    with pytest.raises(FormatError):
        everything(bytes(packed), kind)


@pytest.mark.parametrize("kind", PACKERS)
def test_broken_streams_end_in_an_error_or_a_value(kind: str) -> None:
    packed = PACKERS[kind](CONTENT[:5000])
    for broken in (*truncations(packed, 16), *bit_flips(packed, 60)):
        survives(lambda data: everything(data, kind), broken)
