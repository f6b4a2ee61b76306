"""Pascal VOC: pixels counted from 1, splits in lists or folders, pictures where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.datasets.find import open_dataset
from loadstone.datasets.readers.voc import parse_voc
from loadstone.errors import FormatError
from tests.datasets.laid_out import boxes, lay_out, names, voc


def test_the_layout_of_voc_itself(tmp_path: Path) -> None:
    files = {
        "VOC2012/Annotations/a.xml": voc("a.jpg", ("dog", (1, 1, 10, 20)), difficult=1),
        "VOC2012/Annotations/b.xml": voc("b.jpg", ("cat", (5.5, 7, 64, 48)), ("dog", (3, 3, 3, 3))),
        "VOC2012/Annotations/c.xml": voc("c.jpg"),
        "VOC2012/JPEGImages/a.jpg": "",
        "VOC2012/JPEGImages/b.jpg": "",
        "VOC2012/JPEGImages/c.jpg": "",
        "VOC2012/ImageSets/Main/train.txt": "a\n",
        "VOC2012/ImageSets/Main/val.txt": "b\n",
        "VOC2012/ImageSets/Main/trainval.txt": "a\nb\nc\n",
        "VOC2012/ImageSets/Main/dog_train.txt": "a  1\n",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.format, found.classes, found.ids) == ("voc", ("cat", "dog"), (1, 2))
    assert found.examples[0].key == "VOC2012/JPEGImages/a.jpg"
    # The first ten columns and twenty rows; a box of one pixel; fractions stay.
    assert boxes(found, 0) == [[0, 0, 10, 20]]
    assert boxes(found, 1) == [[4.5, 6, 64, 48], [2, 2, 3, 3]]
    assert names(found, 1) == ["cat", "dog"]
    assert found.examples[0].objects.difficult.tolist() == [True]
    assert (found.examples[2].width, found.examples[2].height, len(found.examples[2].objects)) == (64, 48, 0)
    assert found.splits == {"train": (0, 2), "val": (1,)}
    assert found.notes == ()


def test_lists_count_for_the_pictures_of_their_own_folder(tmp_path: Path) -> None:
    files = {
        f"{year}/{name}": content
        for year in ("VOC2007", "VOC2012")
        for name, content in {"Annotations/a.xml": voc("a.jpg", ("x", (2, 2, 3, 3))), "JPEGImages/a.jpg": ""}.items()
    }
    lists = {"VOC2007/ImageSets/Main/train.txt": "a\n", "VOC2012/ImageSets/Main/val.txt": "a\n"}
    found = open_dataset(lay_out(tmp_path, {**files, **lists}))
    assert found.splits == {"train": (0,), "val": (1,)}


def test_coordinates_that_begin_at_0_are_taken_as_they_are(tmp_path: Path) -> None:
    files = {"a.xml": voc("a.jpg", ("x", (0, 5, 64, 48))), "b.xml": voc("b.jpg", ("x", (1, 1, 2, 2))), "a.jpg": ""}
    found = open_dataset(lay_out(tmp_path, files))
    assert boxes(found, 0) == [[0, 5, 64, 48]]
    assert boxes(found, 1) == [[1, 1, 2, 2]]
    assert "count from 0" in found.notes[0]


def test_xml_beside_its_picture_in_folders_of_splits(tmp_path: Path) -> None:
    files = {
        "train/a.xml": voc("renamed.jpg", ("x", (1, 1, 2, 2))),
        "train/a.png": "",
        "test/a.xml": voc("a.jpg", ("x", (1, 1, 2, 2))),
        "test/a.jpg": "",
        "valid/b.xml": voc("b.jpg", ("y", (1, 1, 2, 2))),
        "valid/b.jpg": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert [example.key for example in found.examples] == ["test/a.jpg", "train/a.png", "valid/b.jpg"]
    assert found.splits == {"train": (1,), "val": (2,), "test": (0,)}


def test_utf_16_and_names_with_spaces(tmp_path: Path) -> None:
    text = voc("a b.jpg", ("blau ü", (1, 1, 2, 2)))
    files = {"a b.jpg": "", "ImageSets/Main/val.txt": "a b\r\n", "ImageSets/Main/x_val.txt": "a b -1\n"}
    (lay_out(tmp_path, files) / "a b.xml").write_bytes(text.encode("utf-16"))
    found = open_dataset(tmp_path)
    assert (found.classes, found.splits) == (("blau ü",), {"val": (0,)})


def test_a_label_map_gives_order_and_numbers(tmp_path: Path) -> None:
    files = {
        "a.xml": voc("a.jpg", ("cat", (1, 1, 2, 2)), ("cow", (1, 1, 2, 2)), ("dog", (1, 1, 2, 2))),
        "a.jpg": "",
        "label_map.pbtxt": "item { id: 3 name: 'dog' }\nitem { id: 7 name: 'cat' }",
    }
    found = open_dataset(lay_out(tmp_path, files))
    assert (found.classes, found.ids) == (("dog", "cat"), (3, 7))
    assert names(found) == ["cat", "?", "dog"]
    (tmp_path / "label_map.pbtxt").write_text("item { id: 1 name: 'bus' }")
    found = open_dataset(tmp_path)
    assert found.classes == ("cat", "cow", "dog")
    assert "label_map.pbtxt are not used" in found.notes[0]
    given = tmp_path / "names.txt"
    given.write_text("cow\ndog\ncat\n")
    assert open_dataset(tmp_path, classes=given).classes == ("cow", "dog", "cat")


def test_broken_ones_among_good_ones(tmp_path: Path) -> None:
    good = voc("a.jpg", ("x", (1, 1, 2, 2)))
    files = {
        "a.xml": good,
        "a.jpg": "",
        "b.xml": good[:200],
        "c.xml": f'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>{good}',
        "d.xml": "<html/>",
        "e.xml": good.replace("<xmin>1<", "<xmin>one<"),
        "f.xml": "",
    }
    found = open_dataset(lay_out(tmp_path, files))
    said = "\n".join(found.skipped)
    assert len(found.examples) == 2
    for part in (
        "b.xml: ",
        "c.xml: XML with a document type",
        "d.xml: not a VOC annotation",
        "e.xml: object 1 has not",
    ):
        assert part in said, said
    assert "f.xml: " in said


def test_a_tag_of_nothing_else() -> None:
    with pytest.raises(FormatError, match="expected <annotation>; found <a>"):
        parse_voc(b"<a/>")
    with pytest.raises(FormatError):
        parse_voc(b"")
    assert parse_voc(b"<annotation><size><width>-3</width><height>1e99</height></size></annotation>").height == 0


def test_capitals_and_decimal_commas(tmp_path: Path) -> None:
    text = voc("a.jpg", ("dog", (1, 1, 10, 20)))
    for name in ("annotation", "object", "bndbox", "xmin", "name", "width", "filename"):
        text = text.replace(f"<{name}>", f"<{name.title()}>").replace(f"</{name}>", f"</{name.title()}>")
    text = text.replace("<Xmin>1<", "<Xmin>1,5<")
    found = open_dataset(lay_out(tmp_path, {"a.xml": text, "a.jpg": ""}))
    assert (boxes(found), names(found), found.examples[0].width) == ([[0.5, 0, 10, 20]], ["dog"], 64)
    twice = text.replace("1,5", "1.000,5")
    again = open_dataset(lay_out(tmp_path / "twice", {"a.xml": twice, "a.jpg": ""}))
    assert again.skipped == ("a.xml: object 1 has not a bndbox of four numbers",)


@pytest.mark.parametrize("written", ["salt & pepper", "salt &amp; pepper", "salt &#38; pepper"])
def test_a_bare_ampersand_in_a_name(written: str, tmp_path: Path) -> None:
    text = voc("a.jpg", (written, (1, 1, 10, 20)))
    found = open_dataset(lay_out(tmp_path, {"a.xml": text, "a.jpg": ""}))
    assert (names(found), boxes(found)) == (["salt & pepper"], [[0, 0, 10, 20]])
    # What is broken elsewhere stays so, and is told at its place.
    with pytest.raises(FormatError, match="line 1"):
        parse_voc(text.replace("</object>", "").replace("\n", "").encode())
