"""`Detections` and `Classification`: one value, its rows, its other forms of box, and what it becomes elsewhere."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from loadstone.errors import SourceError
from loadstone.facts.detections import Classification, ClassScore, Detection, Detections


def three(pixels: np.ndarray | None = None) -> Detections:
    """Three objects in a picture of 200 × 100."""
    return Detections(
        boxes=np.array([[10, 20, 60, 80], [100, 0, 200, 100], [-4, 5, 30, 40]], np.float32),
        scores=np.array([0.9, 0.5, 0.25], np.float32),
        class_ids=np.array([18, 1, 18]),
        names=("dog", "person", "dog"),
        image="street.jpg",
        width=200,
        height=100,
        pixels=None if pixels is None else lambda: pixels,
    )


def picture() -> np.ndarray:
    return np.full((100, 200, 3), 90, np.uint8)


def test_iterates_and_slices() -> None:
    found = three()
    assert len(found) == 3
    assert next(iter(found)) == Detection((10.0, 20.0, 60.0, 80.0), pytest.approx(0.9), 18, "dog")  # type: ignore[arg-type]
    assert found[-1].name == "dog"
    assert found[1:].names == ("person", "dog")
    assert found[found.scores > 0.4].class_ids.tolist() == [18, 1]
    assert found[[2, 0]].boxes.tolist() == [[-4, 5, 30, 40], [10, 20, 60, 80]]
    assert found[:0].as_json()["detections"] == []
    with pytest.raises(IndexError):
        found[3]


def test_masks_go_with_their_boxes() -> None:
    masks = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    found = replace(three(), masks=masks)
    assert found[[2, 0]].masks.tolist() == masks[[2, 0]].tolist()
    with pytest.raises(ValueError, match="2 masks"):
        replace(found, masks=masks[:2])


def with_points() -> Detections:
    """Three objects, of which the first has both keypoints, the second one, and the third none."""
    keypoints = np.array([[[15, 30.126], [50, 70]], [[150, 50], [np.nan, 3]], [[0, 0], [0, 0]]], np.float32)
    scores = np.array([[0.75, 0.1], [0.5, 0.5], [0, 0]], np.float32)
    return replace(three(), keypoints=keypoints, keypoint_scores=scores)


def test_keypoints_go_with_their_boxes() -> None:
    found = with_points()
    assert found.points()[1] == [(150.0, 50.0, 0.5), None]
    turned = found[[2, 0]]
    assert turned.points() == [[None, None], found.points()[0]]
    records = json.loads(json.dumps(found.as_json(), allow_nan=False))["detections"]
    assert [record.get("keypoints") for record in records] == [
        [[15.0, 30.13, 0.75], [50.0, 70.0, 0.1]],
        [[150.0, 50.0, 0.5], None],
        None,
    ]
    assert all("keypoints" not in record for record in three().as_json()["detections"])


@pytest.mark.parametrize(
    ("places", "scores"), [((3, 2, 2), None), (None, (3, 2)), ((3, 2, 2), (3, 1)), ((2, 2, 2), (2, 2))]
)
def test_keypoints_that_do_not_fit(places: tuple[int, ...] | None, scores: tuple[int, ...] | None) -> None:
    arrays = [None if shape is None else np.zeros(shape, np.float32) for shape in (places, scores)]
    with pytest.raises(ValueError, match="keypoints"):
        replace(three(), keypoints=arrays[0], keypoint_scores=arrays[1])


def test_other_forms_of_box() -> None:
    found = three()
    assert found.xyxyn[0].tolist() == pytest.approx([0.05, 0.2, 0.3, 0.8])
    assert found.xywh[0].tolist() == [10, 20, 50, 60]
    assert found.xyxyn.dtype == found.xywh.dtype == found.boxes.dtype == np.float32


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 boxes, 1 scores"):
        Detections(np.zeros((2, 4)), np.zeros(1), np.zeros(1), ("a",), image="x", width=1, height=1)  # type: ignore[arg-type]


def test_record_has_the_documented_form() -> None:
    record = three().as_json()
    assert {key: record[key] for key in ("image", "width", "height")} == {
        "image": "street.jpg",
        "width": 200,
        "height": 100,
    }
    assert record["detections"][0] == {"box": [10.0, 20.0, 60.0, 80.0], "score": 0.9, "class_id": 18, "name": "dog"}
    assert json.loads(json.dumps(record)) == record


def test_supervision_gets_the_same_boxes() -> None:
    pytest.importorskip("supervision", exc_type=ImportError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = three().to_supervision()
    assert np.array_equal(theirs.xyxy, three().boxes)
    assert theirs.class_id.tolist() == [18, 1, 18]
    assert theirs.data["class_name"].tolist() == ["dog", "person", "dog"]


def test_save_writes_what_draw_shows(tmp_path: Path) -> None:
    from PIL import Image

    pixels = picture()
    three(pixels).save(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (200, 100)
        assert np.array_equal(np.asarray(image), np.asarray(three(pixels).draw()))
    assert (pixels == 90).all(), "the caller's picture is untouched"


def test_drawing_needs_the_picture() -> None:
    with pytest.raises(SourceError, match="pixels are not at hand"):
        three().draw()


def test_notebook_text_is_escaped() -> None:
    hostile = Detections(
        np.zeros((1, 4), np.float32),
        np.ones(1, np.float32),
        np.zeros(1, np.int64),
        ("<script>alert(1)</script>",),
        image='"><img onerror=x>',
        width=200,
        height=100,
        pixels=picture,
    )
    html = hostile._repr_html_()
    assert "<script>" not in html
    assert "<img onerror" not in html
    assert "data:image/jpeg;base64," in html
    assert "no picture" in three()._repr_html_()


def test_classification_slices_draws_and_prints() -> None:
    classes = (ClassScore(3, "cat", 0.9), ClassScore(5, "dog", 0.08), ClassScore(0, "<b>", 0.02))
    found = Classification(classes, image="x.jpg", width=200, height=100, pixels=picture)
    assert found[0].name == "cat"
    assert len(found[:2]) == 2
    assert found.summary().startswith("cat 0.90, dog 0.08")
    assert found.as_json()["classes"][0] == {"class_id": 3, "name": "cat", "probability": 0.9}
    assert (np.asarray(found.draw()) != 90).any()
    assert "&lt;b&gt;" in found._repr_html_()
