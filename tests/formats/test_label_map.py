"""Label maps and lists of labels, real and built."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.errors import FormatError
from loadstone.formats import label_map
from loadstone.formats.label_map import parse_label_map
from loadstone.formats.labels import labels_beside, parse_labels
from loadstone.formats.registry import Candidate
from loadstone.formats.trees.tree import DiskTree


def candidate(path: Path) -> Candidate:
    return Candidate(str(path), DiskTree(path.parent), path.name, is_folder=False)


REAL = {
    "lfs-fasterrcnn-trainckpt-hnt4499/labelmap.pbtxt": {1: "raccoon"},
    "lfs-frozen-ae4317/labelmap.pbtxt": {1: "gate"},
    "lfs-frozen-f1tyre/label_map.pbtxt": dict(
        enumerate(["driver", "team", "lap", "soft", "medium", "hard", "inter"], start=1)
    ),
    "lfs-frozen-plate-sidboxy/object-detection.pbtxt": {1: "License_Plate"},
    "tf2od-tictactoe-iliaroz/labelmap.pbtxt": {1: "red", 2: "dobot", 3: "hand", 4: "blue"},
    "tflite-ssd-fpnlite-plasrov/labelmap.txt": {1: "Nurdle", 2: "PET Bottle", 3: "PET Bottle(Blue)"},
}


@pytest.mark.parametrize(("path", "expected"), REAL.items(), ids=lambda value: str(value)[:40])
def test_real_label_maps(wild: Path, path: str, expected: dict[int, str]) -> None:
    file = wild / path
    assert label_map.sniff(candidate(file))
    found = label_map.read(candidate(file))
    assert (found.format, found.complete, found.labels) == ("label-map", True, expected)
    assert labels_beside(DiskTree(file.parent), "") == expected


def test_the_longest_real_label_map(wild: Path) -> None:
    found = label_map.read(candidate(wild / "tflite-ssd-pets-gmikels" / "pet_label_map.pbtxt"))
    assert len(found.labels) == 37
    assert found.labels[2] == "american_bulldog"


def test_keypoints_and_display_names(shared: Path) -> None:
    found = parse_label_map((shared / "goldens" / "configs" / "kpts_label_map.pbtxt").read_bytes())
    assert found.names[1] == "person"
    assert found.keys[1] == "/m/01g317"
    assert found.keypoints[1][0] == "nose"
    assert len(found.keypoints[1]) == 17


def test_what_is_no_label_map_is_not_taken(wild: Path) -> None:
    for path in ("lfs-uavsearch-labelmaps/mscoco_label_map.pbtxt", "tf1-opencv-face-uint8/opencv_face_detector.pbtxt"):
        assert not label_map.sniff(candidate(wild / path))


def test_doubled_and_unknown_entries_are_notes() -> None:
    found = parse_label_map(b"item { id: 2 name: 'a' }\nitem { id: 2 name: 'b' }\nitem { id: 1 }\nversion: 3")
    assert found.names == {1: "1", 2: "b"}
    assert found.notes == (
        "the field version is not one of a label map",
        "the id 2 is given twice; line 2, column 1 counts",
    )


def test_an_item_without_id_is_refused_with_its_place() -> None:
    with pytest.raises(FormatError, match="the item has no id") as caught:
        parse_label_map(b"item { id: 1 name: 'a' }\n item { name: 'b' }")
    assert caught.value.where == "line 2, column 2"


def test_teachable_machine_numbers_its_lines(wild: Path) -> None:
    names = labels_beside(DiskTree(wild / "tm-keras-h5-elio"), "")
    assert (names[0], names[7], len(names)) == ("Banana", "Bad Tomato", 8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\n", {0: "cat", 1: "dog"}),
        ("???\nperson\nbicycle", {1: "person", 2: "bicycle"}),
        ("background\r\ncat\r\n", {1: "cat"}),
        ("0: cat\n1:dog\n7\thorse\n", {0: "cat", 1: "dog", 7: "horse"}),
        ("7 up\ncola\n", {0: "7 up", 1: "cola"}),
        ("1 tyre\n1 wheel", {0: "1 tyre", 1: "1 wheel"}),
        ("\ufeffcat\n\n\nhorse\n\n", {0: "cat", 3: "horse"}),
        ("", {}),
    ],
)
def test_lists_of_labels(text: str, expected: dict[int, str]) -> None:
    assert parse_labels(text.encode()) == expected


def test_a_list_that_is_not_text_is_refused() -> None:
    with pytest.raises(FormatError, match="not UTF-8"):
        parse_labels(b"caf\xe9")
    with pytest.raises(FormatError, match="too long"):
        parse_labels(b"x" * 5000)


def test_a_label_map_goes_before_a_list_and_broken_files_are_passed_over(tmp_path: Path) -> None:
    tree = DiskTree(tmp_path)
    (tmp_path / "m").mkdir()
    for name, text in {
        "a_labels.txt": "cat\ndog\n",
        "label_map.pbtxt": "item { id: 1",
        "requirements_labels.txt": "numpy\n",
        "labels_lfs.txt": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    }.items():
        (tmp_path / "m" / name).write_text(text)
    assert labels_beside(tree, "m") == {0: "cat", 1: "dog"}
    (tmp_path / "m" / "label_map.pbtxt").write_text("item { id: 1 name: 'bird' }")
    assert labels_beside(DiskTree(tmp_path), "m") == {1: "bird"}
    assert labels_beside(tree, "") == {}
