"""`loadstone eval`, as a user runs it: the embedded detector on a folder with annotations."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import loadstone as ls
from loadstone import demo
from loadstone.cli import main

pytest.importorskip("openvino")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO dataset: the embedded picture, annotated with what the embedded detector finds, the first box moved."""
    folder = tmp_path_factory.mktemp("annotated")
    (folder / "images").mkdir()
    shutil.copy(demo.PICTURE, folder / "images" / "street.jpg")
    found = ls.load(str(demo.MODEL)).detect(demo.PICTURE)
    rows = [
        {"id": number, "image_id": 1, "category_id": class_id, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for number, (box, class_id) in enumerate(zip(found.xywh.tolist(), found.class_ids.tolist(), strict=True), 1)
    ]
    rows[0] |= {"bbox": [0.0, 0.0, 12.0, 12.0], "area": 144.0}
    categories = [{"id": id_, "name": name} for id_, name in ls.load(str(demo.MODEL)).labels.items()]
    images = [{"id": 1, "file_name": "street.jpg", "width": found.width, "height": found.height}]
    document = {"images": images, "annotations": rows, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture
def evaluated(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; gives exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["eval", str(demo.MODEL), "--data", str(data), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_report_names_model_data_and_numbers(evaluated: Run) -> None:
    code, out, err = evaluated()
    assert code == 0, err
    for words in (
        "COCO box mAP@[.50:.95]",
        "AR@100 (large)",
        "1 pictures",
        "1 missed, 1 false",
        "classes are matched by name",
    ):
        assert words in out, words
    assert "Pascal" not in out


def test_json_page_and_table_are_written(evaluated: Run, tmp_path: Path) -> None:
    page, table = tmp_path / "out.html", tmp_path / "out.csv"
    code, out, err = evaluated("--json", "--metrics", "voc,oid", "--html", str(page), "--csv", str(table))
    assert code == 0, err
    document = json.loads(out)
    assert [one["kind"] for one in document["metrics"]] == ["voc", "oid"]
    assert document["mean"] == document["metrics"][0]["values"]["PascalBoxes_Precision/mAP@0.5IOU"] < 1
    assert document["mistake_counts"]["false"] == 1
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 2
    assert len(list(csv.reader(table.read_text(encoding="utf-8").splitlines()))) == 8
    assert "wrote" in err


@pytest.mark.parametrize(("least", "code"), [("0.5", 0), ("1", 1)])
def test_the_gate_is_the_exit_code(evaluated: Run, least: str, code: int) -> None:
    done, _, err = evaluated("--min-map", least, "-q")
    assert done == code
    assert ("at least 1 was asked for" in err) == bool(code)


def test_a_picture_that_cannot_be_had_is_named_and_is_a_finding(evaluated: Run, data: Path) -> None:
    document = json.loads((data / "instances.json").read_text(encoding="utf-8"))
    document["images"].append({"id": 2, "file_name": "broken.jpg", "width": 9, "height": 9})
    (data / "images" / "broken.jpg").write_bytes(b"not a picture")
    extra = data / "more.json"
    extra.write_text(json.dumps(document), encoding="utf-8")
    try:
        code, out, err = evaluated("--data", str(extra))
    finally:
        extra.unlink()
        (data / "images" / "broken.jpg").unlink()
    assert code == 1
    assert "broken.jpg: not a picture" in err
    assert "1 pictures" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--metrics", "coco,f1"], 2, "there are no such metrics"),
        (["--min-map", "50"], 2, "is not a number from 0 to 1"),
        (["--split", "elsewhere"], 3, "no split 'elsewhere'"),
        (["--data", "nowhere"], 3, "nowhere"),
    ],
)
def test_what_cannot_be_is_told(evaluated: Run, words: list[str], code: int, said: str) -> None:
    done, _, err = evaluated(*words)
    assert (done, said in err) == (code, True), err


def test_labels_of_another_language_are_matched_by_id_and_said(evaluated: Run, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("Ball\nBecher\nSchlüssel\nUhr\nSchild\nFlasche\n", encoding="utf-8")
    code, out, _ = evaluated("--labels", str(labels), "-q")
    assert code == 0
    assert "the model does not know, and so never finds: mug" in out
    labels.write_text("Kugel\nBecher\nSchlüssel\nUhr\nSchild\nFlasche\n", encoding="utf-8")
    assert "Kugel = ball" in evaluated("--labels", str(labels), "-q")[1]
