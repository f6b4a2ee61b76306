"""The files of annotation tools: LabelMe's, Create ML's and the VGG Image Annotator's JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadstone.datasets.find import open_dataset
from loadstone.datasets.masks import as_png, mask_pixels
from loadstone.errors import FormatError, LoadstoneError, SourceError
from tests.datasets.laid_out import boxes, lay_out, names
from tests.datasets.made import picture

SQUARE = [[2, 2], [12, 2], [12, 12], [2, 12]]


def labelme(*shapes: dict[str, Any], **changes: Any) -> str:
    plain: dict[str, Any] = {
        "version": "5.5.0",
        "flags": {},
        "shapes": [{"group_id": None, "flags": {}, **shape} for shape in shapes],
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": 48,
        "imageWidth": 64,
    }
    return json.dumps(plain | changes)


def createml(*annotations: Any, image: str = "a.jpg") -> str:
    return json.dumps([{"image": image, "annotations": annotations}])


def via(*regions: Any, project: bool = True) -> str:
    found = {"a.jpg12": {"filename": "a.jpg", "size": 12, "regions": regions, "file_attributes": {}}}
    settings: dict[str, Any] = {"_via_settings": {}, "_via_attributes": {"region": {}}}
    return json.dumps({**settings, "_via_img_metadata": found} if project else found)


def test_labelme_shapes(tmp_path: Path) -> None:
    text = labelme(
        {"label": "dog", "points": SQUARE, "shape_type": "polygon"},
        {"label": "cat", "points": [[30, 40], [10, 20]], "shape_type": "rectangle", "difficult": True},
        {"label": "cat", "points": [[10, 10], [13, 14]], "shape_type": "circle"},
        {"label": "dog", "points": [[1, 1]], "shape_type": "point"},
        {"label": "dog", "points": [[1, 1], [2, "x"]], "shape_type": "rectangle"},
        {"points": SQUARE},
    )
    found = open_dataset(lay_out(tmp_path, {"a.json": text, "a.jpg": ""}))
    assert (found.format, found.classes) == ("labelme", ("cat", "dog"))
    assert boxes(found) == [[2, 2, 12, 12], [10, 20, 30, 40], [5, 5, 15, 15]]
    assert names(found) == ["dog", "cat", "cat"]
    example = found.examples[0]
    assert (example.key, example.width, example.height) == ("a.jpg", 64, 48)
    assert example.objects.difficult.tolist() == [False, True, False]
    assert list(example.objects.masks or ()) == [((2, 2, 12, 2, 12, 12, 2, 12),), None, None]
    assert found.skipped == ("a.json: shape 5 has no sides that are numbers", "a.json: shape 6 has no class")
    assert found.notes == ("1 shape is a point or a line: not read",)


def test_labelme_parts_of_a_group_are_one_object(tmp_path: Path) -> None:
    far = [[x + 30, y + 20] for x, y in SQUARE]
    text = labelme(
        {"label": "dog", "points": SQUARE, "group_id": 1},
        {"label": "dog", "points": far, "group_id": 1},
        {"label": "cat", "points": far, "group_id": 1},
        {"label": "dog", "points": far},
    )
    found = open_dataset(lay_out(tmp_path, {"a.json": text, "a.jpg": ""}))
    assert boxes(found) == [[2, 2, 42, 32], [32, 22, 42, 32], [32, 22, 42, 32]]
    assert names(found) == ["dog", "cat", "dog"]
    masks = found.examples[0].objects.masks
    assert masks is not None
    assert isinstance(masks[0], tuple)
    assert len(masks[0]) == 2


def test_labelme_masks_of_pixels(tmp_path: Path) -> None:
    inside = np.array([[True, False, True], [True, True, True]])
    text = base64.b64encode(as_png(inside)).decode()
    shape = {"label": "dog", "points": [[5, 6], [7, 7]], "shape_type": "mask", "mask": text}
    lost = {**shape, "points": [[62, 6], [64, 7]]}
    found = open_dataset(lay_out(tmp_path, {"a.json": labelme(shape, lost, {**shape, "mask": "?"}), "a.jpg": ""}))
    assert boxes(found)[0] == [5, 6, 8, 8]
    masks = found.examples[0].objects.masks
    assert masks is not None
    assert masks[0] is not None
    drawn = mask_pixels(masks[0], 48, 64)
    assert drawn.sum() == 5
    assert (drawn[6:8, 5:8] == inside).all()
    for mask in masks[1:]:
        assert mask is not None
        with pytest.raises(LoadstoneError):
            mask_pixels(mask, 48, 64)


def test_labelme_holds_pictures_of_its_own(tmp_path: Path) -> None:
    data = picture(seed=5)
    shape = {"label": "dog", "points": SQUARE}
    held = labelme(shape, imageData=base64.b64encode(data).decode(), imagePath="..\\x\\gone.png")
    found = open_dataset(lay_out(tmp_path, {"b.json": held, "a.json": labelme(shape, imageData="?"), "a.jpg": ""}))
    first, second = found.examples
    assert second.read() == data
    # A file that is there counts.
    assert first.read() == (tmp_path / "a.jpg").read_bytes()


def test_labelme_needs_a_document_for_each_picture(tmp_path: Path) -> None:
    shape = {"label": "dog", "points": SQUARE}
    files = {"train/a.json": labelme(shape), "train/b.json": "{", "train/a.jpg": "", "train/b.jpg": ""}
    found = open_dataset(lay_out(tmp_path, {**files, "train/other.json": '{"a": 1}'}))
    assert len(found.examples) == 1
    assert found.splits == {"train": (0,)}
    assert len(found.skipped) == 1
    assert found.skipped[0].startswith("train/b.json")


def test_a_long_outline_before_the_picture_s_name(tmp_path: Path) -> None:
    corners = [[at, at % 7] for at in range(150_000)]
    found = open_dataset(lay_out(tmp_path, {"a.json": labelme({"label": "x", "points": corners}), "a.jpg": ""}))
    assert boxes(found) == [[0, 0, 149_999, 6]]


OTHERS = {
    "CVAT": ("x.xml", '<?xml version="1.0"?><annotations><version>1.1</version><image id="0" name="a.jpg"/>'),
    "Label Studio": ("x.json", '[{"data": {"image": "a.jpg"}, "annotations": [{"result": []}]}]'),
    "Supervisely": ("x.json", '{"size": {}, "objects": [{"classTitle": "dog"}]}'),
    "Labelbox": ("x.json", '{"data_row": {"id": "1"}}'),
    "version 3": ("x.json", '{"project": {}, "metadata": {"1_a": {"vid": "1", "xy": [2, 1, 2, 3, 4]}}}'),
}


@pytest.mark.parametrize("whose", OTHERS)
def test_what_is_not_read_is_called_by_its_tool(whose: str, tmp_path: Path) -> None:
    name, text = OTHERS[whose]
    with pytest.raises(SourceError) as caught:
        open_dataset(lay_out(tmp_path, {name: text, "a.jpg": ""}))
    assert whose in caught.value.help
    assert "as COCO" in caught.value.help


def test_createml_boxes_by_their_middle(tmp_path: Path) -> None:
    sides = {"x": 20, "y": 15, "width": 10, "height": "8"}
    text = createml({"label": "dog", "coordinates": sides}, {"label": "cat", "coordinates": {"x": 1}}, None)
    found = open_dataset(lay_out(tmp_path, {"_annotations.createml.json": text, "a.jpg": ""}))
    assert (found.format, boxes(found), names(found)) == ("createml", [[15, 11, 25, 19]], ["dog"])
    assert [one.partition(": ")[2] for one in found.skipped] == [
        "picture 1: shape 2 has no sides that are numbers",
        "picture 1: shape 3 has no class",
    ]
    apple = json.dumps([{"imagefilename": "a.jpg", "annotation": [{"label": "dog", "coordinates": sides}]}])
    again = open_dataset(lay_out(tmp_path / "apple", {"x.json": apple, "a.jpg": ""}))
    assert (again.examples[0].key, boxes(again)) == ("a.jpg", [[15, 11, 25, 19]])


@pytest.mark.parametrize("project", [True, False])
def test_via_regions(project: bool, tmp_path: Path) -> None:
    regions = [
        {
            "shape_attributes": {"name": "rect", "x": 5, "y": 6, "width": 20, "height": 10},
            "region_attributes": {"class": "dog"},
        },
        {
            "shape_attributes": {"name": "polygon", "all_points_x": [1, 30, 9], "all_points_y": [2, 2, 40]},
            "region_attributes": {"kind": "cat"},
        },
        {"shape_attributes": {"name": "point", "cx": 1, "cy": 2}, "region_attributes": {"kind": "cat"}},
        {"shape_attributes": {"name": "rect", "x": 5}, "region_attributes": {"class": "dog"}},
        {"shape_attributes": {"name": "circle", "cx": 9, "cy": 9, "r": 2}, "region_attributes": {}},
    ]
    found = open_dataset(lay_out(tmp_path, {"via.json": via(*regions, project=project), "a.jpg": ""}))
    assert (found.format, names(found)) == ("via", ["dog", "cat"])
    assert boxes(found) == [[5, 6, 25, 16], [1, 2, 30, 40]]
    assert list(found.examples[0].objects.masks or ()) == [None, ((1, 2, 30, 2, 9, 40),)]
    assert [one.rpartition(": ")[2] for one in found.skipped] == [
        "shape 4 has no sides that are numbers",
        "shape 5 has no class",
    ]
    assert found.notes == ("1 shape is a point or a line: not read",)


@pytest.mark.parametrize("kind", ["labelme", "createml", "via"])
def test_another_document_is_refused(kind: str, tmp_path: Path) -> None:
    text = {
        "labelme": '{"shapes": 1, "imagePath": "a.jpg"}',
        "createml": '[{"image": "a.jpg", "coordinates": ',
        "via": '{"_via_img_metadata": 3}',
    }[kind]
    with pytest.raises(FormatError):
        open_dataset(lay_out(tmp_path, {"x.json": text, "a.jpg": ""}))


def test_numbers_of_classes_come_from_a_list(tmp_path: Path) -> None:
    text = labelme({"label": "dog", "points": SQUARE})
    found = open_dataset(lay_out(tmp_path, {"a.json": text, "a.jpg": "", "classes.txt": "cat\ndog\n"}))
    assert (found.classes, names(found)) == (("cat", "dog"), ["dog"])
