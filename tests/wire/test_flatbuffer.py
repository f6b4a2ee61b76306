"""Every offset of a flatbuffer is checked before it is followed (attack 27)."""

from __future__ import annotations

import struct

import pytest

from loadstone.errors import FormatError, LimitError, LoadstoneError, TruncatedError
from loadstone.wire import flatbuffer
from loadstone.wire.flatbuffer import Table, TableType, root
from tests.support.flatbuffers import Numbers, build
from tests.support.hostile import bit_flips, inflated, survives, truncations

CHILD = TableType("Child", "value")
PARENT = TableType("Parent", "number name floats children names one real blob")
DATA = build(
    {
        0: ("i", -7),
        1: "hello",
        2: Numbers("f", (0.5, 1.5)),
        3: [{0: ("q", 2**40)}, {}],
        4: ["a", "bé"],
        5: {0: ("q", 3)},
        6: ("f", 2.5),
        7: b"\x00\xff",
    },
    b"TEST",
)


def everything(data: bytes) -> list[object]:
    table = root(data, PARENT, b"TEST")
    one = table.table("one", CHILD)
    return [
        table.number("number", "i"),
        table.text("name"),
        table.numbers("floats", "f"),
        [child.number("value", "q") for child in table.tables("children", CHILD)],
        table.texts("names"),
        one.number("value", "q") if one else None,
        table.real("real"),
        table.blob("blob"),
    ]


def test_reads_what_was_built() -> None:
    assert everything(DATA) == [-7, "hello", (0.5, 1.5), [2**40, 0], ["a", "bé"], 3, 2.5, b"\x00\xff"]


def test_absent_fields_have_their_defaults() -> None:
    table = root(build({}, b"TEST"), PARENT, b"TEST")
    assert everything(build({}, b"TEST")) == [0, "", (), [], [], None, 0.0, b""]
    assert "name" not in table
    assert table.number("number", "i", 4) == 4


def test_another_identifier_is_refused() -> None:
    with pytest.raises(FormatError, match="not a Parent") as told:
        root(DATA, PARENT, b"TFL3")
    assert (told.value.expected, told.value.found) == ("b'TFL3'", "b'TEST'")


@pytest.mark.parametrize("offset", [0, 4, len(DATA), 2**31, 2**32 - 1])
def test_a_root_outside_of_the_file_is_refused(offset: int) -> None:
    with pytest.raises(FormatError):
        root(struct.pack("<I", offset) + DATA[4:], PARENT, b"TEST")


@pytest.mark.parametrize("distance", [2**31 - 1, -(2**31), -(10**6)])
def test_a_vtable_outside_of_the_file_is_refused(distance: int) -> None:
    at = struct.unpack_from("<I", DATA)[0]
    with pytest.raises(FormatError):
        root(DATA[:at] + struct.pack("<i", distance) + DATA[at + 4 :], PARENT, b"TEST")


def test_a_vector_longer_than_the_file_is_refused_unread() -> None:
    at = DATA.index(struct.pack("<I2f", 2, 0.5, 1.5))
    data = DATA[:at] + struct.pack("<I", 2**31) + DATA[at + 4 :]
    with pytest.raises(TruncatedError, match="floats") as told:
        root(data, PARENT, b"TEST").numbers("floats", "f")
    assert told.value.expected == "2,147,483,648 elements of 4 bytes"


def test_many_offsets_to_one_place_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flatbuffer, "FLATBUFFER_UNITS", 5000)
    table = root(build({3: [{} for _ in range(2000)]}, b"TEST"), PARENT, b"TEST")
    table.budget.left = 5000
    visits = (list(table.tables("children", CHILD)) for _ in range(3))
    with pytest.raises(LimitError, match="more tables and elements"):
        list(visits)


def test_a_field_outside_of_its_table_is_refused() -> None:
    at = struct.unpack_from("<I", DATA)[0]
    vtable = at - struct.unpack_from("<i", DATA, at)[0]
    data = DATA[: vtable + 4] + struct.pack("<H", 60000) + DATA[vtable + 6 :]
    with pytest.raises(FormatError, match="outside of its table"):
        root(data, PARENT, b"TEST").number("number", "i")


def test_broken_buffers_end_in_an_error_or_a_value() -> None:
    for broken in (*truncations(DATA, 3), *bit_flips(DATA, 500), *inflated(DATA, 800)):
        survives(everything, broken)


def test_errors_name_the_field() -> None:
    with pytest.raises(LoadstoneError) as told:
        everything(DATA[:-40])
    assert told.value.where.startswith("Parent.")
    assert isinstance(root(DATA, PARENT, b"TEST"), Table)
