"""Sorted-string tables: written and read back, as TensorFlow and the zoo wrote them, and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire.protobuf_writer import varint
from loadstone.wire.sstable import FOOTER_BYTES, Table, has_magic
from loadstone.wire.sstable_writer import write_table
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.tables import block, literals, sealed, trailer, with_index

ENTRIES = st.dictionaries(st.binary(max_size=40), st.binary(max_size=300), max_size=80).map(
    lambda entries: sorted(entries.items())
)


def contents(data: bytes) -> list[tuple[bytes, bytes]]:
    return [(key, bytes(value)) for key, value in Table(data)]


@given(ENTRIES)
def test_reads_what_is_written(entries: list[tuple[bytes, bytes]]) -> None:
    data = write_table(entries)
    assert contents(data) == entries
    table = Table(data)
    for key, value in entries:
        assert table.get(key) == value
    assert table.get(b"\xff" * 50) is None


def test_many_blocks() -> None:
    entries = [(f"layer/{number:05}/kernel".encode(), bytes(number % 97)) for number in range(3000)]
    table = Table(write_table(entries))
    assert table.blocks > 10
    assert table.first() == entries[0]
    assert table.get(entries[1234][0]) == entries[1234][1]
    assert table.get(b"layer/00500/kerne") is None
    assert [(key, bytes(value)) for key, value in table] == entries


def test_long_values_are_views_of_the_file() -> None:
    long = bytes(3 << 20)
    value = Table(write_table([(b"a", b"1"), (b"b", long)])).get(b"b")
    assert isinstance(value, memoryview)
    assert value == long


def test_snappy_blocks() -> None:
    rows = block([(0, b"a", b"one"), (1, b"b", b"two")])
    assert contents(sealed([literals(rows)], kind=1)) == [(b"a", b"one"), (b"ab", b"two")]


@pytest.mark.parametrize(
    ("folder", "blocks", "entries"),
    [("tf2od-effdet-d0-csgo/checkpoint", 1, 686), ("tf2od-fasterrcnn-r50-hhr/checkpoint", 1, 278)],
)
def test_zoo_indexes_are_snappy_compressed(wild: Path, folder: str, blocks: int, entries: int) -> None:
    data = (wild / folder / "ckpt-0.index").read_bytes()
    table = Table(data)
    assert table.blocks == blocks
    assert len(list(table)) == entries


def test_every_flipped_bit_in_a_block_is_found() -> None:
    data = write_table([(b"key", b"value" * 5)])
    first_block = 3 + 3 + 25 + 8 + 1
    for at in range(first_block):
        with pytest.raises(ChecksumError, match="does not match its checksum"):
            contents(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])


def test_names_a_file_that_is_cut_short(wild: Path) -> None:
    data = (wild / "ckpt2-mnist-regression-sugyan" / "regression.ckpt.index").read_bytes()
    assert has_magic(data)
    with pytest.raises(FormatError, match="cut short") as caught:
        Table(data[:-1])
    assert caught.value.where == f"byte {len(data) - 9:,}"
    with pytest.raises(TruncatedError, match="too short"):
        Table(data[: FOOTER_BYTES - 1])


def test_unknown_compression_is_named() -> None:
    with pytest.raises(FormatError, match="compression type 4"):
        contents(sealed([block([])], kind=4))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(3, b"a", b"")], "shares 3 bytes with a key of 0 bytes"),
        ([(0, b"a" * 5000, b"")], "longer than any name"),
    ],
)
def test_entries_that_do_not_fit(rows: list[tuple[int, bytes, bytes]], words: str) -> None:
    with pytest.raises(FormatError, match=words):
        contents(sealed([block(rows)]))


@pytest.mark.parametrize(
    "content", [b"", b"\x01", (2**31).to_bytes(4, "little"), b"\x00\x01\x7fa" + bytes(4) + b"\x01\x00\x00\x00"]
)
def test_blocks_without_room(content: bytes) -> None:
    with pytest.raises(FormatError):
        contents(sealed([content]))


def test_one_block_can_not_be_used_many_times() -> None:
    """An index that names one block again and again would make a small file into endless entries."""
    content = block([(0, b"k", bytes(100))])
    handle = varint(0) + varint(len(content))
    index = block([(0, bytes([number]), handle) for number in range(200)])
    with pytest.raises(FormatError, match="over another block"):
        Table(with_index(content + trailer(content), index))


def test_keys_can_not_outgrow_their_block() -> None:
    """Each entry shares four thousand bytes with the one before: three bytes on disk would be four thousand here."""
    rows = [(0, b"k" * 4000, b"")] + [(4000, bytes([number % 250]), b"") for number in range(60_000)]
    with pytest.raises(LimitError, match="longer than its bytes allow"):
        contents(sealed([block(rows)]))


def test_the_same_block_may_be_asked_many_times() -> None:
    entries = [(f"scope/of/a/long/name/{number:04}".encode(), b"x" * 8) for number in range(500)]
    table = Table(write_table(entries))
    for _ in range(20):
        for key, value in entries[:: len(entries) // 7]:
            assert table.get(key) == value


def test_writer_refuses_unsorted_keys() -> None:
    with pytest.raises(ValueError, match="ascend"):
        write_table([(b"b", b""), (b"a", b"")])


@pytest.mark.parametrize(
    "name", ["ckpt2-mnist-regression-sugyan/regression.ckpt.index", "tf1ckpt-lenet-tarasovp/lenet.index"]
)
def test_survives_damage(wild: Path, name: str) -> None:
    data = (wild / name).read_bytes()
    for broken in (*truncations(data), *bit_flips(data), *inflated(data)):
        survives(contents, broken)
    rows = block([(0, b"", b"\x08\x01"), (0, b"abc", b"12345"), (3, b"d", b"")])
    for broken in (*truncations(rows, every=1), *bit_flips(rows, 500), *inflated(rows, 500)):
        survives(contents, sealed([broken]))
        survives(contents, with_index(rows, broken))
