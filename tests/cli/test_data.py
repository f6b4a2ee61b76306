"""`loadstone data inspect` and `data convert`: what they print, what they write, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import loadstone as ls
from loadstone.cli import data_convert, main
from loadstone.datasets.convert import WRITERS
from loadstone.report.dataset_text import dataset_document, dataset_text
from tests.datasets.laid_out import lay_out, voc
from tests.datasets.made import dataset, example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """VOC's XML in two splits: three pictures, one of them without an object, one XML that is broken."""
    files = {
        "set/train/a.xml": voc("a.jpg", ("dog", (1, 1, 10, 10)), ("cat", (2, 2, 8, 8)), difficult=1),
        "set/train/a.jpg": "",
        "set/train/b.xml": voc("b.jpg"),
        "set/train/b.jpg": "",
        "set/valid/c.xml": voc("c.jpg", ("dog", (1, 1, 10, 10))),
        "set/valid/c.jpg": "",
    }
    return lay_out(tmp_path, files) / "set"


def test_inspect_is_one_screen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(folder, {"train/z.xml": "<annotation>", "train/\x1b[31m.xml": "<annotation>"})
    assert main(["data", "inspect", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:7] == [
        f"{folder}   voc",
        "  pictures   3: 2 train, 1 val",
        "  objects    3 in 2 pictures; 1 has none",
        "  of these   2 difficult",
        "  classes    2",
        "      train      val      id  name",
        "          1        0       1  cat",
    ]
    assert lines[8].startswith("  skipped    train/\\x1b[31m.xml: line 1, column 13: the XML ends before")
    assert len(lines) == 10


def test_inspect_as_a_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "inspect", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["pictures"] == {"train": 2, "val": 1}
    assert document["classes"][1] == {"name": "dog", "id": 2, "objects": {"train": 1, "val": 1}}


def test_a_long_list_is_cut_to_the_most_frequent() -> None:
    pictures = [example(f"{at}.png", [(at, (0, 0, 1, 1))] * (at + 1)) for at in range(40)]
    made = dataset(*pictures, classes=tuple(f"class {at}" for at in range(40)), skipped=("x",) * 9)
    lines = dataset_text(made).splitlines()
    assert len(lines) < 40
    assert "  class 39" in "\n".join(lines)
    assert "class 15" not in "\n".join(lines)
    assert "    and 16 classes of fewer objects; --all shows them" in lines
    assert "             and 4 more; --all shows them" in lines
    assert len(dataset_text(made, everything=True).splitlines()) == 54
    stray = dataset(example("a.png", [(-1, (0, 0, 1, 1))]), splits={})
    assert "of classes that the dataset does not list" in dataset_text(stray)
    assert dataset_document(stray)["unknown"] == 1


def test_convert_says_what_it_wrote_and_what_was_lost(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = folder.parent / "out"
    assert main(["data", "convert", str(folder), "--to", "yolo", "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert f"wrote     {output}   yolo: 3 pictures (2 train, 1 val), 3 objects; read again, they agree" in said
    assert "note      2 objects are difficult ones, which YOLO cannot say: they become like others" in said
    assert main(["data", "convert", str(folder), "--to", "yolo", "--output", str(output)]) == 6
    assert "something at the destination" in capsys.readouterr().err


def test_convert_in_every_wish(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(folder, {"train/z.xml": "<annotation>"})
    output = folder.parent / "out"
    words = ["--to", "tfrecord", "--split", "1,1", "--shards", "2", "--only", "dog", "--seed", "5", "--json"]
    assert main(["data", "convert", str(folder), "--output", str(output), *words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["pictures"], document["objects"]) == (3, 2)
    assert document["skipped"][0].startswith("train/z.xml: ")
    assert ls.open_dataset(output).classes == ("dog",)


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "bmp"],
        ["--to", "csv", "--split", "1"],
        ["--to", "csv", "--split", "0,0"],
        ["--to", "csv", "--split", "a,b"],
        ["--to", "csv", "--shards", "0"],
        ["--to", "csv", "--copy", "--link"],
        [],
    ],
)
def test_wrong_words_are_usage(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "convert", str(folder), "--output", str(folder / "x"), *words]) == 2
    assert "usage:" in capsys.readouterr().err


def test_no_dataset_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "inspect", str(tmp_path)]) == 3
    error = capsys.readouterr().err
    assert "no annotated pictures were found" in error
    assert "no files" in error


def test_the_formats_named_are_those_that_are_written() -> None:
    assert tuple(WRITERS) == data_convert.FORMATS


def test_from_python(folder: Path, tmp_path: Path) -> None:
    found = ls.open_dataset(folder)
    assert isinstance(found, ls.Dataset)
    assert repr(found) == f"<Dataset {str(folder)!r}: voc, 3 pictures, 2 classes>"
    assert str(found) == dataset_text(found)
    done = ls.convert_dataset(found, to="coco", output=tmp_path / "coco", files="link")
    assert done.pictures == 3
    again = ls.convert_dataset(tmp_path / "coco", to="csv", output=tmp_path / "csv", split=(0.5, 0.5))
    assert sum(again.splits.values()) == 3
