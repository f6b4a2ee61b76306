"""The zip reader against Python's own, and against zips that two readers would disagree about."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.errors import ChecksumError, FormatError, LimitError, TruncatedError
from loadstone.wire import zipguard, zipread
from loadstone.wire.limits import MIB
from tests.support.hostile import bit_flips, inflated, survives, truncations
from tests.support.zips import central_at, patched, with_link, zipped

TWO = [("config.json", b"{}" * 40), ("model/weights.h5", b"\x89HDF" + bytes(500))]


def members(data: bytes) -> dict[str, bytes]:
    return {m.name: zipread.read_member(data, m, MIB) for m in zipguard.read_index(data).members if m.kind == "file"}


@pytest.mark.parametrize("deflate", [False, True])
def test_reads_what_was_written(deflate: bool) -> None:
    data = zipped(TWO, deflate=deflate)
    index = zipguard.read_index(data)
    assert members(data) == dict(TWO)
    assert (index.start, index.end, index.faults) == (0, len(data), ())


def test_agrees_with_python_on_every_wild_zip(wild: Path) -> None:
    found = [path for path in sorted(wild.rglob("*.keras")) if path.read_bytes().startswith(b"PK")]
    assert len(found) >= 10
    for path in found:
        data = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            expected = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        index = zipguard.read_index(data)
        assert not index.faults, path
        assert {m.name: zipread.read_member(data, m, 64 * MIB) for m in index.members if m.kind == "file"} == expected


def test_a_zip64_member_is_found() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, archive.open("big.bin", "w", force_zip64=True) as member:
        member.write(b"abc")
    assert members(out.getvalue()) == {"big.bin": b"abc"}


def test_a_head_is_read_without_the_rest() -> None:
    data = zipped([("a", bytes(range(256)) * 4000)], deflate=True)
    (member,) = zipguard.read_index(data).members
    assert zipread.head_of_member(data, member, 300) == (bytes(range(256)) * 2)[:300]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "`..`"),
        ("a/../../evil", "`..`"),
        ("/etc/passwd", "absolute"),
        ("C:evil", "drive"),
        ("..\\evil", "backslash"),
        ("a\nb", "control"),
        ("x" * 5000, "longer"),
    ],
)
def test_a_name_that_is_no_path_is_marked(name: str, reason: str) -> None:
    index = zipguard.read_index(zipped([(name, b"x")]))
    assert reason in index.members[0].unsafe
    assert any("is not used as a path" in fault for fault in index.faults)


def test_names_are_normalised() -> None:
    assert [m.name for m in zipguard.read_index(zipped([("./a//b", b"x")])).members] == ["a/b"]


def test_a_link_is_a_link() -> None:
    assert zipguard.read_index(with_link("weights", "/etc/passwd")).members[0].kind == "link"


def test_two_members_of_one_name_are_a_fault() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("config.json", b"1"), ("config.json", b"2")])
    assert "two members are named 'config.json'" in zipguard.read_index(data).faults


def test_what_stands_before_and_after_is_a_fault() -> None:
    data = zipped(TWO)
    before = zipguard.read_index(b"#!/bin/sh\n" + data)
    assert before.start == 10
    assert before.faults == ("10 bytes stand before the first member",)
    assert members(b"#!/bin/sh\n" + data) == dict(TWO)
    assert zipguard.read_index(data + b"junk").faults == ("4 bytes stand after the zip's end",)


def test_a_local_header_with_another_name_is_refused() -> None:
    data = patched(zipped(TWO), 30, b"CONFIG.json")
    index = zipguard.read_index(data)
    assert "the local name is 'CONFIG.json'" in index.faults[0]
    with pytest.raises(FormatError, match="not the same to every reader"):
        zipread.read_member(data, index.members[0], MIB)


def test_overlapping_members_are_a_fault() -> None:
    data = zipped([("a", b"x" * 100), ("b", b"y" * 100)])
    second = data.index(b"PK\x01\x02", central_at(data) + 4)
    index = zipguard.read_index(patched(data, second + 42, struct.pack("<L", 20)))
    assert any("overlaps" in fault for fault in index.faults)


def test_a_bomb_is_stopped_by_its_declared_size() -> None:
    data = zipped([("bomb", bytes(5 * MIB))], deflate=True)
    at = central_at(data)
    lying = patched(patched(data, at + 24, struct.pack("<L", 1000)), 22, struct.pack("<L", 1000))
    (member,) = zipguard.read_index(lying).members
    with pytest.raises(LimitError, match="unpacks to more than it declares"):
        zipread.read_member(lying, member, MIB)


def test_a_size_that_deflate_cannot_reach_is_refused_unread() -> None:
    data = zipped([("bomb", bytes(1000))], deflate=True)
    at = central_at(data)
    huge = struct.pack("<L", 2**31)
    lying = patched(patched(data, at + 24, huge), 22, huge)
    (member,) = zipguard.read_index(lying).members
    with pytest.raises(LimitError, match="more than deflate can pack"):
        zipread.read_member(lying, member, 2**32)
    with pytest.raises(LimitError, match="longer than is read"):
        zipread.read_member(lying, member, MIB)


def test_a_wrong_checksum_is_told() -> None:
    data = zipped([("a", b"hello")])
    broken = patched(data, data.index(b"hello"), b"jello")
    with pytest.raises(ChecksumError) as told:
        members(broken)
    assert (told.value.expected, told.value.found) == ("3610a686", "4cd0f5e6")


@pytest.mark.parametrize(("method", "name"), [(12, "bzip2"), (9, "Deflate64"), (99, "AES"), (77, "method 77")])
def test_another_method_is_named(method: int, name: str) -> None:
    data = zipped([("a", b"hello")])
    code = struct.pack("<H", method)
    with pytest.raises(FormatError, match=name):
        members(patched(patched(data, central_at(data) + 10, code), 8, code))


def test_encryption_is_named() -> None:
    data = zipped([("a", b"hello")])
    flag = struct.pack("<H", 1)
    with pytest.raises(FormatError, match="is encrypted"):
        members(patched(patched(data, central_at(data) + 8, flag), 6, flag))


def test_a_cut_zip_says_where_it_ends() -> None:
    data = zipped(TWO)
    with pytest.raises(TruncatedError) as told:
        zipguard.read_index(data[:-30])
    assert told.value.where == f"byte {len(data) - 30:,}"


def test_more_members_than_declared_is_refused() -> None:
    data = zipped(TWO)
    with pytest.raises(FormatError, match="number of members"):
        zipguard.read_index(patched(data, len(data) - 12, struct.pack("<H", 7)))


def test_broken_zips_end_in_an_error_or_a_value() -> None:
    data = zipped(TWO, deflate=True)
    for broken in (*truncations(data, 7), *bit_flips(data, 400), *inflated(data, 600)):
        survives(members, broken)
    survives(members, data, memory=True)


SAFE = st.from_regex(r"[a-z0-9_]{1,8}(/[a-z0-9_]{1,8}){0,3}", fullmatch=True)


@settings(max_examples=60)
@given(st.dictionaries(SAFE, st.binary(max_size=400), max_size=6), st.booleans(), st.binary(max_size=40))
def test_whatever_is_zipped_is_read_wherever_the_zip_begins(
    files: dict[str, bytes], deflate: bool, before: bytes
) -> None:
    data = zipped(files.items(), deflate=deflate)
    assert members(data) == files
    assert members(b"#" + before + data) == files


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_before_a_directory_end_in_an_error_or_a_value(content: bytes) -> None:
    survives(members, content + zipped([("a", b"b")])[-60:])
