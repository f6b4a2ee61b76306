"""YOLO's text: pairing labels with pictures, settings in every form, and the three kinds of lines."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loadstone.datasets.find import open_dataset
from loadstone.datasets.readers.data_yaml import parse_settings
from loadstone.datasets.readers.yolo_lines import parse_lines
from loadstone.errors import FormatError
from loadstone.wire.picture import ORIENTATION
from tests.datasets.laid_out import boxes, lay_out, names
from tests.support.hostile import survives

LINE = "1 0.5 0.5 0.25 0.5\n"
HALF = [[24.0, 12.0, 40.0, 36.0]]


def test_the_layout_of_ultralytics(tmp_path: Path) -> None:
    settings = "path: /content/set  # of another machine\ntrain: images/train\nval: images/val\n"
    files = {
        "data.yaml": settings + "\nnames:\n  0: cat\n  1: dog\n",
        "images/train/a.jpg": "",
        "images/train/b.jpg": "",
        "images/val/c.jpg": "",
        "images/other/d.jpg": "",
        "labels/train/a.txt": LINE,
        "labels/val/c.txt": "0 0.5 0.5 1 1\n\n7 0.5 0.5 1 1\n",
        "labels/train/gone.txt": LINE,
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.format, found.classes, found.ids) == ("yolo", ("cat", "dog"), (0, 1))
    assert [example.key for example in found.examples] == [
        "images/train/a.jpg",
        "images/train/b.jpg",
        "images/val/c.jpg",
    ]
    assert found.splits == {"train": (0, 1), "val": (2,)}
    assert boxes(found) == HALF
    assert names(found, 2) == ["cat", "?"]
    assert (found.examples[0].width, found.examples[0].height, found.examples[0].upright) == (64, 48, True)
    assert found.skipped == ("labels/train/gone.txt: its picture is not there: there is no picture of this name",)
    assert "1 pictures have no label file" in found.notes[0]


def test_an_export_of_roboflow(tmp_path: Path) -> None:
    settings = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n"
    files = {
        "data.yaml": settings + "\nnc: 2\nnames: ['cat', \"dog\"]\n",
        "train/images/a.jpg": "",
        "train/labels/a.txt": LINE,
        "valid/images/b.jpg": "",
        "valid/labels/b.txt": "",
        "README.dataset.txt": "# pets > 2023\nexported\n",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert found.splits == {"train": (0,), "val": (1,)}
    assert found.classes == ("cat", "dog")
    assert "names '../test/images' for test, where no picture is" in found.notes[0]


def test_the_layout_of_darknet(tmp_path: Path) -> None:
    files = {
        "obj.data": "classes = 2\ntrain = data/train.txt\nvalid = data/test.txt\nnames = data/obj.names\nbackup = b/\n",
        "obj.names": "cat\ndog\n",
        "train.txt": "data/obj/a.jpg\ndata/obj/gone.jpg\n",
        "test.txt": "C:\\x\\obj\\b.jpg\n",
        "obj/a.jpg": "",
        "obj/a.txt": LINE,
        "obj/b.jpg": "",
        "obj/b.txt": LINE,
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("cat", "dog")
    assert found.splits == {"train": (0,), "val": (1,)}
    assert [example.key for example in found.examples] == ["obj/a.jpg", "obj/b.jpg"]
    assert "train.txt" in found.skipped[0]
    assert "gone.jpg" in found.skipped[0]


def test_text_beside_pictures_with_a_list_of_classes(tmp_path: Path) -> None:
    files = {"a.jpg": "", "a.txt": LINE, "classes.txt": "cat\ndog\n", "notes.txt": "bought in May\n"}
    found = open_dataset(lay_out(tmp_path, files))
    assert found.classes == ("cat", "dog")
    assert names(found) == ["dog"]
    assert found.skipped == ()
    (tmp_path / "classes.txt").unlink()
    bare = open_dataset(tmp_path)
    assert (bare.classes, bare.ids) == (("1",), (1,))
    assert "no file names the classes" in bare.notes[0]


def test_a_label_map_for_labels_counts_by_order(tmp_path: Path) -> None:
    lay_out(tmp_path, {"set/a.jpg": "", "set/a.txt": LINE, "map.pbtxt": "item{id:1 name:'cat'}item{id:2 name:'dog'}"})
    assert names(open_dataset(tmp_path / "set", classes=tmp_path / "map.pbtxt")) == ["dog"]


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_fractions_are_of_the_upright_picture(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    Image.new("RGB", (40, 20)).save(out, "JPEG", exif=exif)
    found = open_dataset(lay_out(tmp_path, {"a.jpg": out.getvalue(), "a.txt": "0 0.5 0.5 1 1", "classes.txt": "x"}))
    upright = (20, 40) if orientation == 6 else (40, 20)
    assert (found.examples[0].width, found.examples[0].height) == upright
    assert boxes(found) == [[0, 0, *upright]]


def test_keypoints_and_outlines(tmp_path: Path) -> None:
    pose = "0 0.5 0.5 0.25 0.5 0.5 0.5 2 0 0 0\n"
    files = {
        "data.yaml": "train: images\nnames: [person]\nkpt_shape: [2, 3]\n",
        "images/a.jpg": "",
        "labels/a.txt": pose + "0 0.25 0.25 0.75 0.25 0.5 0.75\n0 0.5 0.5 0.25 0.5\n",
    }
    found = open_dataset(lay_out(tmp_path, files))
    objects = found.examples[0].objects
    assert objects.keypoints is not None
    assert objects.keypoints[0].tolist() == [[32, 24, 2], [0, 0, 0]]
    assert not objects.keypoints[1:].any()
    assert objects.masks == (None, ((16.0, 12.0, 48.0, 12.0, 32.0, 36.0),), None)
    assert boxes(found) == [*HALF, [16, 12, 48, 36], *HALF]
    assert found.keypoint_names == ("0", "1")


def test_pictures_that_are_no_pictures_are_said(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.jpg": "",
        "a.txt": LINE,
        "b.jpg": b"<html>",
        "b.txt": LINE,
        "classes.txt": "cat\ndog",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert len(found.examples) == 1
    assert "not a picture: an HTML page" in found.skipped[0]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("train: x\nnames: [cat, dog\n", "data.yaml is not used: a list that is not closed"),
        ("train: x\nnc: 3\nnames: [cat, dog]\n", "data.yaml says 3 classes (nc) and names 2: the names count"),
    ],
)
def test_odd_settings_are_told(settings: str, said: str, tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"data.yaml": settings, "x/a.jpg": "", "x/a.txt": "0 0.5 0.5 0.5 0.5\n"}))
    assert any(note.startswith(said) for note in found.notes)


def test_lines_that_are_none() -> None:
    text = b"x 1 1 1 1\n0 1 1 1\n0.5 1 1 1 1\n-1 1 1 1 1\n0 1 2 3 4 5\n0 nan 0 1 1\n1e9999 0 0 1 1\n"
    text += b"0 1 2 3 4 5 6 7\n3 1 1 1 1"
    found, faults = parse_lines(text)
    assert [line.number for line in found] == [0, 3]
    assert np.isnan(found[0].box[0])
    assert [fault.split(":")[0] for fault in faults] == [f"line {number}" for number in (1, 2, 3, 4, 5, 7, 8)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('names: [a, \'b c\', "d\\"e", f: g]', ["a", "b c", 'd"e', "f g"]),
        ("names:\n- a # first\n- 'b #2'\n- c#3\nnc: 3", ["a", "b #2", "c#3"]),
        ("names:\n  - a\n  - b", ["a", "b"]),
        ("names: ['a',\n  'b',\n]\nnc: 2", ["a", "b"]),
        ("names: {0: a, 1: 'it''s'}", {"0": "a", "1": "it's"}),
        ("names:\n  0: a\n  1: b:c\n", {"0": "a", "1": "b:c"}),
        ('"names": obj.names', "obj.names"),
        ("names: !!python/object/apply:os.system ['echo']", "!!python/object/apply:os.system ['echo']"),
        ("names: [it's, 'a', b]", ["it's", "a", "b"]),
        ("names: ['a b' c]", ["a b c"]),
        ("'na''mes': x\nnames: 'y' # z", "y"),
        ("a: &x [1]\nnames: *x", "*x"),
        ("names:", ""),
    ],
)
def test_settings(text: str, names: object) -> None:
    assert parse_settings(text.encode())["names"] == names


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 1_000_000,
        '"\\' * 500_000,
        "names: [" + '"\\' * 500_000,
        "names: [" + "a:" * 500_000,
        "#'" * 500_000,
        "x '" * 300_000,
        "names: [" + "a " * 500_000,
        "'" * 1_000_001 + ": x",
    ],
)
def test_no_text_takes_longer_than_its_length(text: str) -> None:
    survives(parse_settings, text.encode())
    survives(parse_lines, text.encode())


def test_settings_that_are_none() -> None:
    with pytest.raises(FormatError, match="not closed"):
        parse_settings(b"names: [a, b")
    with pytest.raises(FormatError, match="not UTF-8"):
        parse_settings(b"names: \xff")
    assert parse_settings(b"- a\n- b\n:\n#") == {}


def test_labels_alone_are_told_what_to_name(tmp_path: Path) -> None:
    lay_out(tmp_path, {"labels/a.txt": "0 0.5 0.5 0.5 0.5\n", "images/a.jpg": ""})
    with pytest.raises(FormatError) as caught:
        open_dataset(tmp_path / "labels")
    assert caught.value.found.startswith("a.txt: its picture is not there")
    assert "--pictures" in caught.value.help
    assert len(open_dataset(tmp_path / "labels", pictures=[tmp_path / "images"]).examples) == 1
    assert len(open_dataset(tmp_path).examples) == 1
