"""Archives of real models: what is inside is told, what is cut is told, nothing is unpacked."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest

from loadstone.facts import ModelFile
from loadstone.formats.registry import open_source, read
from loadstone.formats.verify import verify
from tests.support.hostile import bit_flips, survives, truncations
from tests.support.memory import single
from tests.support.tars import MODES, hostile, tarred
from tests.support.tflite import tflite
from tests.support.zips import zipped

MODEL = tflite()


def files_of(folder: Path) -> list[tuple[str, bytes]]:
    return [(f"m/{p.relative_to(folder)}", p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()]


def account(model: ModelFile) -> tuple[str, bool, list[str]]:
    return model.format, model.complete, sorted({part.format for part in model.parts})


@pytest.mark.parametrize("packed", [*MODES, "zip"])
def test_a_whole_export_is_read_inside(wild: Path, tmp_path: Path, packed: str) -> None:
    members = files_of(wild / "tf1ckpt-ssdmnv1-trafficsign")
    path = tmp_path / "export.bin"
    path.write_bytes(zipped(members, deflate=True) if packed == "zip" else tarred(members, packed))
    before = sorted(tmp_path.iterdir())
    model = open_source(str(path))
    kinds = ["checkpoint-v2", "frozen-graph", "metagraph", "pipeline-config", "savedmodel"]
    assert account(model) == ("archive", True, kinds)
    assert model.details["members"] == len(members)
    assert model.detector is not None
    assert model.detector.meta_architecture == "ssd"
    assert model.parts[0].parameters or model.parts[0].ops
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_a_file_that_is_packed_alone(pack: object) -> None:
    model = read(single(pack(MODEL), "m.tflite.gz"))  # type: ignore[operator]
    assert account(model) == ("archive", True, ["tflite"])
    assert model.parts[0].source.endswith("m.tflite.gz/m.tflite") or pack is bz2.compress


@pytest.mark.parametrize("packed", ["", "gzip", "xz"])
def test_a_cut_tar_is_not_complete_and_says_where(packed: str) -> None:
    data = tarred([("m/a.tflite", MODEL), ("m/b.bin", bytes(range(251)) * 3000)], packed)
    model = read(single(data[: len(data) * 3 // 4], "x.tar"))
    assert (model.format, model.complete, model.files[0].state) == ("archive", False, "truncated")
    assert "not whole" in model.notes[0]
    assert "byte " in model.notes[0]


def test_a_cut_zip_lists_what_stands_before() -> None:
    data = zipped([("a.tflite", MODEL), ("b.bin", bytes(3000))])
    model = read(single(data[: len(MODEL) + 200], "x.zip"))
    assert (model.format, model.complete) == ("archive", False)
    assert "before that stand a.tflite" in model.notes[0]


def test_hostile_members_are_named_and_not_followed() -> None:
    model = read(single(hostile("gzip"), "x.tar.gz"))
    told = " ".join(model.notes)
    for words in (
        "'../outside' is not used",
        "'/absolute' is not used",
        "'device' is no regular",
        "/etc/passwd is not followed",
    ):
        assert words in told


def test_an_archive_in_an_archive_is_not_entered() -> None:
    inner = zipped([("a.tflite", MODEL)])
    model = read(single(zipped([("inner.zip", inner)]), "x.zip"))
    assert account(model) == ("archive", True, ["archive"])
    assert "not entered" in " ".join(model.notes)


def test_a_zip_at_the_end_of_a_cut_one_is_not_taken_for_it() -> None:
    model = read(single(b"PK\x03\x04junk" + zipped([("a.tflite", MODEL)]), "x.zip"))
    assert account(model) == ("archive", False, [])
    assert "belongs to a zip inside it" in model.notes[0]


def test_broken_archives_end_in_an_error_or_a_value() -> None:
    for data in (zipped([("a.tflite", MODEL)], deflate=True), tarred([("a.tflite", MODEL)], "gzip")):
        for broken in (*truncations(data, 32, at_most=120), *bit_flips(data, 120)):
            survives(lambda content: read(single(content, "x")), broken)


def test_the_tensors_of_the_model_inside_are_the_archives_and_count_once(wild: Path) -> None:
    files = files_of(wild / "ckpt2-mnist-regression-sugyan")
    model = read(single(zipped(files), "checkpoint.zip"))
    assert model.tensors is model.parts[0].tensors
    found = verify(model)
    assert (found.checked, found.sound) == (len(model.tensors), True)
