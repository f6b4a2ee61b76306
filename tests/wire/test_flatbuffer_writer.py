"""What the writer of flatbuffers writes, the reader reads, and everything lies where its size wants it."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from loadstone.wire.flatbuffer import Table, TableType, root
from loadstone.wire.flatbuffer_writer import WEIGHT_ALIGNMENT, Numbers, Scalar, Value, flatbuffer

SLOTS = 12
ANY = TableType("Any", " ".join(f"f{slot}" for slot in range(SLOTS)))
IDENTIFIER = b"TEST"


def _numbers(code: str) -> st.SearchStrategy[float]:
    """Numbers that survive `struct` as they are."""
    if code in "fd":
        return st.floats(width=32 if code == "f" else 64, allow_nan=False)
    if code == "?":
        return st.booleans()
    bits = 8 * struct.calcsize(f"<{code}")
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if code.islower() else st.integers(0, 2**bits - 1)


CODES = "bBhHiIqQfd?"
LEAVES: st.SearchStrategy[Value] = st.one_of(
    *(st.builds(Scalar, st.just(code), _numbers(code)) for code in CODES),
    *(st.builds(Numbers, st.just(code), st.lists(_numbers(code), max_size=5).map(tuple)) for code in CODES),
    st.binary(max_size=40),
    st.text("aé漢\0", max_size=9),
)


def _tables(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Mapping[int, Value]]:
    return st.dictionaries(st.integers(0, SLOTS - 1), values, max_size=4)


INNER = _tables(LEAVES | _tables(LEAVES))
TABLES = _tables(LEAVES | INNER | st.lists(INNER, max_size=3))


def holds(table: Table, fields: Mapping[int, Value]) -> None:
    """Fail unless the table has these fields and no others, each of them aligned."""
    assert table.at % 4 == 0
    assert {slot for slot in range(SLOTS) if f"f{slot}" in table} == set(fields)
    for slot, value in fields.items():
        _has(table, f"f{slot}", value)


def _has(table: Table, field: str, value: Value) -> None:
    if isinstance(value, Scalar):
        width = struct.calcsize(f"<{value.code}")
        place = table._place(field)
        assert place % width == 0
        assert struct.unpack_from(f"<{value.code}", bytes(table.data), place)[0] == value.value
    elif isinstance(value, Numbers):
        assert table.numbers(field, value.code) == tuple(value.values)
        assert table.span(field)[0] % struct.calcsize(f"<{value.code}") == 0
    elif isinstance(value, bytes):
        assert table.blob(field) == value
        assert table.span(field)[0] % WEIGHT_ALIGNMENT == 0
    elif isinstance(value, str):
        assert table.text(field) == value
        start, count = table.span(field)
        assert start % 4 == 0
        # A string ends in a zero that its count leaves out, for readers in C.
        assert table.data[start + count] == 0
    elif isinstance(value, Mapping):
        inner = table.table(field, ANY)
        assert inner is not None
        holds(inner, value)
    else:
        assert table.span(field)[0] % 4 == 0
        found = list(table.tables(field, ANY))
        assert len(found) == len(value)
        for one, wanted in zip(found, value, strict=True):
            holds(one, wanted)


@given(TABLES)
def test_what_is_written_is_read(fields: Mapping[int, Value]) -> None:
    holds(root(flatbuffer(fields, IDENTIFIER), ANY, IDENTIFIER), fields)
