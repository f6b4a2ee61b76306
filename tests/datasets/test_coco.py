"""COCO documents: what is read of them, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.datasets.find import open_dataset
from loadstone.errors import FormatError, LimitError, LoadstoneError
from tests.datasets.laid_out import boxes, lay_out, names


def document(**changes: Any) -> str:
    plain = {
        "info": {"year": 2017},
        "images": [
            {"id": 9, "file_name": "a.jpg", "width": 64, "height": 48},
            {"id": 4, "file_name": "b.jpg", "width": 64, "height": 48},
        ],
        "annotations": [
            {"id": 1, "image_id": 9, "category_id": 18, "bbox": [1.5, 2, 10, 20], "area": 150, "iscrowd": 0},
            {"id": 2, "image_id": 9, "category_id": 1, "bbox": [0, 0, 64, 48], "iscrowd": 1},
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}],
    }
    return json.dumps(plain | changes)


PICTURES: dict[str, str | bytes] = {"images/a.jpg": "", "images/b.jpg": ""}


def test_boxes_classes_and_flags(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": document()}))
    assert (found.format, found.classes, found.ids) == ("coco", ("person", "dog"), (1, 18))
    assert [example.key for example in found.examples] == ["images/a.jpg", "images/b.jpg"]
    assert [example.id for example in found.examples] == ["9", "4"]
    assert boxes(found) == [[1.5, 2, 11.5, 22], [0, 0, 64, 48]]
    objects = found.examples[0].objects
    assert names(found) == ["dog", "person"]
    assert objects.crowd.tolist() == [False, True]
    np.testing.assert_array_equal(objects.areas, [150, np.nan])
    assert len(found.examples[1].objects) == 0
    assert found.examples[0].read().startswith(b"\xff\xd8")
    assert found.splits == {}
    assert found.skipped == found.notes == ()


def test_the_layout_of_coco_itself(tmp_path: Path) -> None:
    captions = document(annotations=[{"image_id": 9, "caption": "a dog"}]).replace("categories", "licenses")
    files = {
        "annotations/instances_train2017.json": document(),
        "annotations/person_keypoints_train2017.json": document(),
        "annotations/captions_train2017.json": captions,
        "annotations/instances_val2017.json": document(images=[{"id": 9, "file_name": "a.jpg"}]),
        "train2017/a.jpg": "",
        "train2017/b.jpg": "",
        "val2017/a.jpg": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert [example.key for example in found.examples] == ["train2017/a.jpg", "train2017/b.jpg", "val2017/a.jpg"]
    assert found.splits == {"train": (0, 1), "val": (2,)}
    assert len(found.notes) == 1
    assert "person_keypoints_train2017.json is not read" in found.notes[0]
    one = open_dataset(tmp_path / "annotations" / "instances_val2017.json")
    assert [example.key for example in one.examples] == ["val2017/a.jpg"]


def test_an_export_of_roboflow(tmp_path: Path) -> None:
    categories = [
        {"id": 0, "name": "pets", "supercategory": "none"},
        {"id": 1, "name": "person", "supercategory": "pets"},
        {"id": 18, "name": "dog", "supercategory": "pets"},
    ]
    text = document(categories=categories)
    files = {f"{split}/{name}": "" for split in ("train", "valid") for name in ("a.jpg", "b.jpg")}
    files |= {f"{split}/_annotations.coco.json": text for split in ("train", "valid")}
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("person", "dog")
    assert found.splits == {"train": (0, 1), "val": (2, 3)}
    assert [example.key for example in found.examples][2:] == ["valid/a.jpg", "valid/b.jpg"]
    assert found.notes == ("the category 'pets' only groups the others and is left out",)


def test_keypoints_and_polygons(tmp_path: Path) -> None:
    square = [1.0, 1, 9, 1, 9, 9]
    annotations = [
        {
            "image_id": 9,
            "category_id": 1,
            "bbox": [1, 1, 8, 8],
            "keypoints": [2, 3, 2, 0, 0, 0],
            "segmentation": [square],
        },
        {"image_id": 9, "category_id": 1, "bbox": [1, 1, 8, 8], "segmentation": {"counts": 7, "size": [48, 64]}},
    ]
    categories = [{"id": 1, "name": "person", "keypoints": ["nose", "eye"], "skeleton": [[1, 2]]}]
    text = document(annotations=annotations, categories=categories)
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": text}))
    assert found.keypoint_names == ("nose", "eye")
    objects = found.examples[0].objects
    assert objects.keypoints is not None
    assert objects.keypoints.tolist() == [[[2, 3, 2], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]]
    assert objects.masks == ((tuple(square),), None)
    assert found.notes == ("1 masks are neither polygons nor run lengths and are not read; their boxes are",)


def test_categories_of_several_files_go_by_name(tmp_path: Path) -> None:
    other = document(categories=[{"id": 1, "name": "dog"}, {"id": 18, "name": "person"}, {"id": 2, "name": "cat"}])
    files = {**PICTURES, "train.json": document(), "val.json": other}
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("person", "cat", "dog")
    assert found.ids == (1, 2, 18)
    assert names(found, 0) == ["dog", "person"]
    assert names(found, 2) == ["person", "dog"]
    assert found.examples[2].key == "images/a.jpg#2"
    assert len(found.notes) == 2


def test_numbers_that_clash_between_files_are_given_anew(tmp_path: Path) -> None:
    other = document(categories=[{"id": 18, "name": "cow"}, {"id": "x", "name": "bus"}, {"id": None}, {"id": 1.5}])
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "train.json": document(), "val.json": other}))
    assert dict(zip(found.classes, found.ids, strict=True)) == {"person": 1, "bus": 4, "dog": 18, "cow": 19}
    assert names(found, 2) == ["cow", "?"]
    assert any("the number 18 stands for two categories" in note for note in found.notes)
    assert sum("a category without a whole number" in sentence for sentence in found.skipped) == 2


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ({"bbox": [1, 2, 3]}, "bbox is not four numbers but [1, 2, 3]"),
        ({"bbox": None}, "bbox is not four numbers but None"),
        ({"bbox": [True, 1, 2, 3]}, "bbox is not four numbers"),
        ({"bbox": [10**400, 1, 2, 3]}, "bbox is not four numbers"),
    ],
)
def test_a_broken_annotation_costs_a_sentence(annotation: dict[str, Any], said: str, tmp_path: Path) -> None:
    annotations = [{"id": 7, "image_id": 9, "category_id": 1, **annotation}, {"image_id": 77, "bbox": [0, 0, 1, 1]}]
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": document(annotations=annotations)}))
    assert found.skipped[0].startswith("x.json: image 9: annotation 7: ")
    assert said in found.skipped[0]
    assert found.notes == ("1 annotations belong to no picture that the file lists",)
    assert len(found.examples[0].objects) == 0


def test_numbers_as_text(tmp_path: Path) -> None:
    images = [{"id": "9", "file_name": "a.jpg", "width": "64", "height": "48"}]
    one = {"id": 1, "image_id": "9", "category_id": "1", "bbox": ["1.5", "2", "10", 20], "area": "9", "iscrowd": "1"}
    two = {**one, "segmentation": [["1", "2", "8", "2", "8", "9"]], "iscrowd": "0"}
    lost = {**one, "bbox": ["a", "2", "3", "4"]}
    text = document(images=images, annotations=[one, {**two, "bbox": ["1", "2", "7", "7"]}, lost])
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": text}))
    example = found.examples[0]
    assert (example.width, example.height) == (64, 48)
    assert boxes(found) == [[1.5, 2, 11.5, 22], [1, 2, 8, 9]]
    assert example.objects.crowd.tolist() == [True, False]
    assert list(example.objects.masks or ()) == [None, ((1, 2, 8, 2, 8, 9),)]
    assert len(found.skipped) == 1


def test_ids_are_the_same_as_text_and_as_a_real_number(tmp_path: Path) -> None:
    images = [{"id": "9", "file_name": "a.jpg"}, {"id": 4.0, "file_name": "b.jpg"}, {"id": "09", "file_name": "c.jpg"}]
    annotations = [
        {"image_id": image, "category_id": category, "bbox": [0, 0, 1, 1]}
        for image, category in ((9.0, "18"), (4, 1.0), ("09", 1), (4.5, 1))
    ]
    text = document(
        images=images, annotations=annotations, categories=[{"id": "18", "name": "dog"}, {"id": 1, "name": "x"}]
    )
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "images/c.jpg": "", "x.json": text}))
    assert [names(found, at) for at in range(3)] == [["dog"], ["x"], ["x"]]
    assert (found.ids, found.notes) == ((1, 18), ("1 annotations belong to no picture that the file lists",))


@pytest.mark.parametrize("lacking", [{}, {"bbox": None}, {"bbox": []}])
def test_an_annotation_without_a_box_has_its_polygons_box(lacking: dict[str, Any], tmp_path: Path) -> None:
    outlines = [[9, 2, 30, 2, 30, 40], [1, 5, 8, 5, 8, 9]]
    annotation = {"image_id": 9, "category_id": 18, "segmentation": outlines, **lacking}
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": document(annotations=[annotation])}))
    assert boxes(found) == [[1, 2, 30, 40]]
    assert found.notes == ("1 annotations have no bbox: their boxes are those of their polygons",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_documents_of_windows_programs(encoding: str, tmp_path: Path) -> None:
    text = f"\r\n{document()}".replace(",", ",\r\n").encode(encoding)
    assert boxes(open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": text}))) == [[1.5, 2, 11.5, 22], [0, 0, 64, 48]]


def test_two_categories_of_one_name_are_one_class(tmp_path: Path) -> None:
    categories = [{"id": 18, "name": "dog"}, {"id": 1, "name": "dog"}]
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": document(categories=categories)}))
    assert names(found) == ["dog", "dog"]
    assert found.notes == ("x.json has several categories called 'dog', one of them 1: they are one class",)


def test_an_unknown_category_stays_and_says_so(tmp_path: Path) -> None:
    annotations = [{"image_id": 9, "category_id": 5, "bbox": [0, 0, 1, 1]}, {"image_id": 9, "bbox": [0, 0, 1, 1]}]
    found = open_dataset(lay_out(tmp_path, {**PICTURES, "x.json": document(annotations=annotations)}))
    assert found.examples[0].objects.classes.tolist() == [-1, -1]


def test_broken_documents(tmp_path: Path) -> None:
    lay_out(tmp_path, {**PICTURES, "x.json": document()[:-40]})
    with pytest.raises(LoadstoneError, match="ends before"):
        open_dataset(tmp_path)
    lay_out(tmp_path, {"y.json": document()})
    found = open_dataset(tmp_path)
    assert len(found.examples) == 2
    assert found.skipped[0].startswith("x.json: ")
    lay_out(tmp_path, {"x.json": document(images=3), "y.json": document(images=[])})
    with pytest.raises(FormatError, match="no annotated picture") as caught:
        open_dataset(tmp_path)
    assert "not a COCO document" in caught.value.found


def test_a_picture_that_is_not_there_is_named_when_it_is_read(tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"x.json": document(), "a.jpg": ""}))
    assert found.examples[1].path is None
    with pytest.raises(LoadstoneError, match=r"no picture of this name.*b\.jpg"):
        found.examples[1].read()


def test_a_long_document_meets_its_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.datasets.readers.coco.DATASET_JSON_BYTES", 100)
    with pytest.raises(LimitError, match="longer"):
        open_dataset(lay_out(tmp_path, {"x.json": document()}))
