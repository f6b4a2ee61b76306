"""COCO, CSV and text: the same detections in the forms that other tools read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from loadstone.facts.detections import Classification, ClassScore, Detections
from loadstone.report.coco_results import coco_document, coco_rows
from loadstone.report.detections_csv import DetectionsCsv
from loadstone.report.detections_text import detections_line


def found(image: str, names: tuple[str, ...] = ("dog",)) -> Detections:
    count = len(names)
    boxes = np.tile(np.array([[10, 20, 60, 80]], np.float32), (count, 1))
    scores, class_ids = np.full(count, 0.75, np.float32), np.full(count, 18)
    return Detections(boxes, scores, class_ids, names, image=image, width=200, height=100)


def test_coco_rows() -> None:
    assert coco_rows(found("val/000000397133.jpg")) == [
        {"image_id": 397133, "category_id": 18, "bbox": [10.0, 20.0, 50.0, 60.0], "score": 0.75}
    ]
    assert coco_rows(found("street².jpg"))[0]["image_id"] == "street²"
    assert json.loads(coco_document([])) == []
    assert len(json.loads(coco_document(coco_rows(found("1.jpg", ("a", "b")))))) == 2


def test_coco_tools_accept_the_results(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    truth = coco.COCO()
    truth.dataset = {"images": [{"id": 397133}], "categories": [{"id": 18, "name": "dog"}], "annotations": []}
    truth.createIndex()
    path = tmp_path / "results.json"
    path.write_text(coco_document(coco_rows(found("000000397133.jpg"))), encoding="utf-8")
    assert truth.loadRes(str(path)).anns[1]["bbox"] == [10.0, 20.0, 50.0, 60.0]


def test_csv_has_a_header_and_quotes_names() -> None:
    stream = io.StringIO()
    table = DetectionsCsv(stream)
    table.add(found("a, b.jpg", ("hot dog",)))
    table.add(found("c.jpg"))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "filename,width,height,class,class_id,score,xmin,ymin,xmax,ymax"
    assert lines[1] == '"a, b.jpg",200,100,hot dog,18,0.75000,10.00,20.00,60.00,80.00'
    assert len(lines) == 3


def test_csv_of_classes() -> None:
    stream = io.StringIO()
    DetectionsCsv(stream).add(Classification((ClassScore(3, "cat", 0.9),), image="x.jpg", width=4, height=3))
    assert stream.getvalue().splitlines()[1] == "x.jpg,4,3,cat,3,0.90000"


def test_lines_are_safe_on_a_terminal() -> None:
    line = detections_line(found("a\x1b]0;owned\x07.jpg", ("dog\n",)))
    assert line.isprintable()
    assert detections_line(found("x.jpg", ())).endswith("nothing found")
    assert detections_line(found("x.jpg", ("dog",) * 8)).endswith("… 2 more")
