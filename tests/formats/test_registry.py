"""How a source finds its reader: by content, from a file, a folder or a prefix."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadstone.errors import SourceError, TruncatedError
from loadstone.formats.registry import FALLBACK, FORMATS, hint, is_text, locate, module, open_source, read
from tests.support.hostile import survives
from tests.support.memory import folder, single
from tests.support.tflite import tflite

HINTS = [
    (b"\x89HDF\r\n\x1a\n" + bytes(9), "hdf5"),
    (b"\x1c\0\0\0TFL3", "tflite"),
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b\x08", "packed"),
    (bytes(257) + b"ustar", "packed"),
    (b'\xef\xbb\xbf\n {"a": 1}', "json"),
    (b"model {\n}", "text"),
    (bytes(40) + bytes.fromhex("57fb808b247547db"), "sorted-table"),
    (b"\x05" + bytes(7) + b"\x80crcdata", "records"),
    (b"\x08\x01\x12\x05", "binary"),
]


@pytest.mark.parametrize(("content", "row"), HINTS, ids=[row for _, row in HINTS])
def test_the_bytes_point_to_a_row_whatever_the_name(content: bytes, row: str) -> None:
    for name in ("model.pb", "x/y.keras", "noname"):
        assert hint(single(content, name)) == row


def test_a_shard_is_known_by_its_name_and_a_folder_by_being_one() -> None:
    assert hint(single(b"\x01\x02\x80\x03", "m/ckpt-0.data-00000-of-00002")) == "shard"
    assert hint(folder({})) == "folder"


def test_every_module_of_the_table_is_a_format() -> None:
    names = {name for _, row in FORMATS for name in row} | {FALLBACK}
    for name in names:
        assert callable(module(name).sniff)
        assert callable(module(name).read)


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"plain\ttext\r\n", True),
        ("Größe €".encode()[:-1], True),
        (b"", False),
        (b"\x0a\x03abc\x00", False),
        (b"caf\xe9 au lait", False),
    ],
)
def test_text_is_utf8_without_control_characters(head: bytes, text: bool) -> None:
    assert is_text(head) is text


def test_a_file_a_folder_and_a_prefix_are_located(tmp_path: Path) -> None:
    for name in ("ckpt-3.index", "ckpt-3.data-00000-of-00001", "ckpt-3.meta", "v1-00000-of-00002", "v1-00001-of-00002"):
        (tmp_path / name).write_bytes(b"x")
    assert locate(str(tmp_path)).is_folder
    assert locate(str(tmp_path / "ckpt-3.meta")).name == "ckpt-3.meta"
    assert locate(str(tmp_path / "ckpt-3")).name == "ckpt-3.index"
    assert locate(str(tmp_path / "v1")).name == "v1-00000-of-00002"


def test_a_single_file_is_found_without_listing_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.pb").write_bytes(b"x")
    candidate = locate(str(tmp_path / "a.pb"))
    assert (candidate.size, candidate.head, candidate.folder) == (1, b"x", "")


def test_a_link_that_the_user_names_is_opened(tmp_path: Path) -> None:
    (tmp_path / "real.pb").write_bytes(b"x")
    (tmp_path / "link.pb").symlink_to("real.pb")
    assert locate(str(tmp_path / "link.pb")).head == b"x"


def test_a_missing_name_is_answered_with_near_ones(tmp_path: Path) -> None:
    (tmp_path / "frozen_graph.pb").write_bytes(b"x")
    with pytest.raises(SourceError) as told:
        locate(str(tmp_path / "frozen_grph.pb"))
    assert told.value.help == f"did you mean {tmp_path}/frozen_graph.pb?"
    with pytest.raises(SourceError) as told:
        locate(str(tmp_path / "zzz"))
    assert told.value.help == f"{tmp_path} holds frozen_graph.pb"
    with pytest.raises(SourceError) as told:
        locate(str(tmp_path / "no" / "folder"))
    assert told.value.help == "name an existing file or folder"


def test_odd_sources_end_in_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for source in (str(tmp_path / "pipe"), "a\0b"):
        with pytest.raises(SourceError):
            locate(source)


def test_an_error_names_the_file_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(tflite()[:200])
    with pytest.raises(TruncatedError) as told:
        open_source(str(path))
    assert told.value.where.startswith(f"{path}: Model")
    assert told.value.help == "fetch the file again; it ends before the format does"


BEGINNINGS = st.sampled_from(
    [
        b"",
        b"PK\x03\x04",
        b"\x89HDF\r\n\x1a\n",
        b"\x1c\0\0\0TFL3",
        b"\x1f\x8b\x08",
        b"\x08\x01\x12",
        b"\x0a",
        b"{",
        b"item {",
    ]
)


@settings(max_examples=300)
@given(BEGINNINGS, st.binary(max_size=300), st.sampled_from(["m", "saved_model.pb", "c.index", "m.keras", "a.txt"]))
def test_any_bytes_under_any_name_get_an_account_or_an_error(beginning: bytes, rest: bytes, name: str) -> None:
    survives(lambda data: read(single(data, name)), beginning + rest)
