"""`loadstone detect`, as a user runs it: the embedded detector, real folders, real pipes, and bad input."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from loadstone import demo
from loadstone.cli import main

pytest.importorskip("openvino")

Run = Callable[..., tuple[int, str, str]]
ALL_SIX = {"ball", "mug", "road sign", "bottle", "clock", "key"}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own, with one picture, in which commands run."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(demo.PICTURE, tmp_path / "street.jpg")
    return tmp_path


@pytest.fixture
def detect(work: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["detect", str(demo.MODEL), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_process_of_its_own_finds_every_object(work: Path) -> None:
    words = [sys.executable, "-m", "loadstone", "detect", str(demo.MODEL), "street.jpg", "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=work)
    assert done.returncode == 0, done.stderr
    (record,) = records(done.stdout)
    assert {key: record[key] for key in ("image", "width", "height")} == {
        "image": "street.jpg",
        "width": 640,
        "height": 480,
    }
    assert {one["name"] for one in record["detections"]} == ALL_SIX
    assert list(record["detections"][0]) == ["box", "score", "class_id", "name"]
    assert not (work / "detections").exists(), "--json draws nothing unless a folder is named"


def test_drawn_pictures_and_one_line_a_picture(detect: Run, work: Path) -> None:
    code, out, err = detect("street.jpg")
    assert code == 0
    assert out.startswith("street.jpg  640×480  6: ")
    assert "1 picture in detections" in err
    with Image.open(work / "detections" / "street.jpg") as image:
        assert image.size == (640, 480)


def test_an_input_is_never_overwritten(detect: Run, work: Path) -> None:
    before = (work / "street.jpg").read_bytes()
    for _ in range(2):
        assert detect("street.jpg", "--output", ".")[0] == 0
    assert (work / "street.jpg").read_bytes() == before
    assert sorted(path.name for path in work.glob("*.jpg")) == ["street-2.jpg", "street.jpg"]


def test_same_names_from_two_folders_both_come_out(detect: Run, work: Path) -> None:
    for name in ("a", "b"):
        (work / name).mkdir()
        shutil.copy(work / "street.jpg", work / name / "x.JPG")
    assert detect("a", "b", "-o", "out")[0] == 0
    assert sorted(path.name for path in (work / "out").iterdir()) == ["x-2.jpg", "x.jpg"]


def test_a_bad_picture_is_reported_skipped_and_listed(detect: Run, work: Path) -> None:
    (work / "page.jpg").write_text("<!doctype html>")
    (work / "half.jpg").write_bytes(demo.PICTURE.read_bytes()[:9000])
    code, out, err = detect("page.jpg", "street.jpg", "absent.jpg", "half.jpg")
    assert code == 1
    assert len(out.splitlines()) == 1
    assert "skipped   page.jpg: not a picture: an HTML page" in err
    assert "3 of 4" in err
    with (work / "detections" / "errors.csv").open(newline="") as stream:
        assert [row["image"] for row in csv.DictReader(stream)] == ["page.jpg", "absent.jpg", "half.jpg"]


def test_what_to_keep(detect: Run) -> None:
    def names(*words: str) -> list[str]:
        _, out, _ = detect("street.jpg", "--json", *words)
        return [one["name"] for one in records(out)[0]["detections"]]

    assert sorted(names("--classes", "ball,MUG")) == ["ball", "mug"]
    assert sorted(names("--classes", "1", "--classes", "2")) == ["ball", "mug"]
    assert len(names("--max-det", "2")) == 2
    assert set(names("--conf", "0.6")) == ALL_SIX - {"key"}
    assert len(names("--conf", "0.06", "--iou", "0.05")) < len(names("--conf", "0.06"))
    assert names("--conf", "1") == []


def test_labels_of_ones_own(detect: Run, work: Path) -> None:
    (work / "names.txt").write_text("Ball\nTasse\nSchlüssel\nUhr\nSchild\nFlasche\n", encoding="utf-8")
    (work / "map.pbtxt").write_text("item { id: 2 display_name: 'cup' }")
    _, out, _ = detect("street.jpg", "--json", "--labels", "names.txt")
    assert {"Schlüssel", "Tasse"} <= {one["name"] for one in records(out)[0]["detections"]}
    _, out, _ = detect("street.jpg", "--json", "--labels", "map.pbtxt", "--classes", "cup,1")
    assert sorted(one["name"] for one in records(out)[0]["detections"]) == ["class 1", "cup"]


def test_orientation_is_honoured(detect: Run, work: Path) -> None:
    """The same scene stored on its side, with the tag that says so, gives the same boxes."""
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(demo.PICTURE) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(work / "held.png", exif=exif)
    upright, held = records(detect("street.jpg", "held.png", "--json", "--conf", "0.8")[1])
    assert (held["width"], held["height"]) == (640, 480)
    boxes = [np.array([one["box"] for one in record["detections"]]) for record in (upright, held)]
    assert np.abs(boxes[0] - boxes[1]).max() < 1.0
    (stored,) = records(detect("held.png", "--json", "--ignore-exif")[1])
    assert (stored["width"], stored["height"]) == (480, 640)


def test_batches_change_nothing(detect: Run, work: Path) -> None:
    for number in range(4):
        shutil.copy(work / "street.jpg", work / f"{number}.jpg")
    one = records(detect("*.jpg", "--json")[1])
    three = records(detect("*.jpg", "--json", "--batch", "3")[1])
    assert one == three
    assert [record["image"] for record in one] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "street.jpg"]


def test_list_on_standard_input(detect: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("street.jpg\n\nabsent.jpg\n"))
    code, out, _ = detect("-", "--json")
    assert (code, len(records(out))) == (1, 1)


def test_coco_and_csv(detect: Run, work: Path) -> None:
    shutil.copy(work / "street.jpg", work / "000042.jpg")
    code, out, err = detect("000042.jpg", "--coco", "r.json", "--csv", "r.csv", "-q")
    assert (code, out, err) == (0, "", "")
    rows = json.loads((work / "r.json").read_text())
    assert {row["image_id"] for row in rows} == {42}
    assert len((work / "r.csv").read_text().splitlines()) == len(rows) + 1
    assert not (work / "detections").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows any byte in a file name")
def test_file_names_that_are_no_text(work: Path) -> None:
    odd = os.fsdecode(b"a\xff\n.jpg")
    shutil.copy(work / "street.jpg", work / odd)
    (work / os.fsdecode(b"b\xfe.jpg")).write_bytes(b"no picture")
    words = [sys.executable, "-m", "loadstone", "detect", str(demo.MODEL), "."]
    done = subprocess.run(
        [*words, "--csv", "r.csv", "-o", "out"], capture_output=True, text=True, check=False, cwd=work
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (1, 2), done.stderr
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False, cwd=work)
    assert [record["image"] for record in records(done.stdout)] == [odd, "street.jpg"]


def test_a_line_for_every_tenth_part(detect: Run, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.cli.progress.QUIET_SECONDS", -1.0)
    listed = ["street.jpg"] * 20
    _, _, err = detect(*listed, "--no-pictures")
    lines = [line for line in err.splitlines() if "images/s" in line]
    assert [line.split()[0] for line in lines] == [f"{count}/20" for count in range(2, 20, 2)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["street.jpg", "--conf", "1.5"], 2, "is not a number from 0 to 1"),
        (["street.jpg", "--batch", "0"], 2, "is not a whole number above 0"),
        (["street.jpg", "--classes", "mgu"], 2, "the model has no class 'mgu'"),
        ([], 2, "IMAGE"),
        (["street.jpg", "--labels", "absent.txt"], 3, "no such file of labels"),
        (["street.jpg", "--csv", "absent/r.csv"], 3, "cannot be written"),
        (["street.jpg", "-o", "street.jpg"], 3, "the folder cannot be made"),
        (["street.jpg", "--device", "ABACUS"], 4, "ABACUS"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(detect: Run, words: list[str], code: int, said: str) -> None:
    found, out, err = detect(*words)
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def test_a_model_that_is_none(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", "street.jpg", "street.jpg"]) == 3
    assert main(["detect", "absent.pb", "street.jpg"]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_dogs_and_kites(work: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A detector found in a public repository, on photographs."""
    (model,) = (shared / "wild" / "tflite-coco-ssd-mnv1-meta").glob("*.tflite")
    pictures = [str(shared / "images" / name) for name in ("image1.jpg", "image2.jpg")]
    assert main(["detect", str(model), *pictures, "--json", "--conf", "0.5"]) == 0
    dogs, beach = records(capsys.readouterr().out)
    assert [one["name"] for one in dogs["detections"]][:2] == ["dog", "dog"]
    assert {one["name"] for one in beach["detections"]} == {"person", "kite"}
