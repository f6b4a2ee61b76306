"""A folder is recognised by what is in it; one without annotations is told what was looked for."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from loadstone.datasets.convert import WRITERS, convert
from loadstone.datasets.find import FORMATS, open_dataset
from loadstone.datasets.split_names import split_of, split_of_folder
from loadstone.errors import LoadstoneError, SourceError
from tests.datasets.laid_out import lay_out, record, voc
from tests.datasets.made import picture
from tests.datasets.test_coco import document
from tests.datasets.test_csv_file import HEADER
from tests.datasets.test_drawn import createml, labelme, via

ONE: dict[str, dict[str, str | bytes]] = {
    "coco": {"any.json": document()},
    "voc": {"any.xml": voc("a.jpg", ("x", (1, 1, 2, 2)))},
    "yolo": {"a.txt": "0 0.5 0.5 1 1"},
    "csv": {"any.csv": HEADER + "a.jpg,64,48,dog,1,2,10,20\n"},
    "tfrecord": {"any": record({"image/encoded": picture()})},
    "labelme": {"shapes/any.json": labelme({"label": "x", "points": [[1, 1], [9, 1], [9, 9]]})},
    "createml": {"list/any.json": createml({"label": "x", "coordinates": {"x": 5, "y": 5, "width": 4, "height": 4}})},
    "via": {"regions/any.json": via()},
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_told_by_its_content(name: str, tmp_path: Path) -> None:
    found = open_dataset(lay_out(tmp_path, {"a.jpg": "", "b.jpg": "", "README.md": "hello", **ONE[name]}))
    assert found.format == name
    assert found.source == str(tmp_path)
    file = next(iter(ONE[name]))
    assert open_dataset(tmp_path / file).format == name


def test_of_several_formats_the_fullest_is_taken_and_the_others_said(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.jpg": "", **{name: text for files in ONE.values() for name, text in files.items()}})
    found = open_dataset(tmp_path)
    assert found.format == "coco"
    assert "voc (any.xml), yolo (a.txt), csv (any.csv), tfrecord (any)" in found.notes[-1]
    for name in FORMATS:
        assert open_dataset(tmp_path, format=name).format == name


def test_a_stray_xml_does_not_hide_a_set_of_texts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{at}.txt": "0 0.5 0.5 1 1" for at in range(3)}
    files |= {f"{at}.jpg": "" for at in range(3)}
    assert open_dataset(lay_out(tmp_path, {**files, **ONE["voc"]})).format == "yolo"


def test_nothing_found_says_what_was_looked_for_and_what_is_there(tmp_path: Path) -> None:
    lay_out(tmp_path, {"a.jpg": "", "b.jpg": "", "notes.txt": "hello", "x.json": "{}", ".hidden/x.xml": voc("a.jpg")})
    with pytest.raises(SourceError) as caught:
        open_dataset(tmp_path)
    assert "COCO's JSON" in caught.value.expected
    assert caught.value.found == "2 .jpg, 1 .json, 1 .txt, and x.json begins '{}'"
    with pytest.raises(SourceError, match="no such file or folder"):
        open_dataset(tmp_path / "gone")
    lay_out(tmp_path, ONE["voc"])
    with pytest.raises(SourceError, match=r"in the format csv.*voc \(1\)"):
        open_dataset(tmp_path, format="csv")
    with pytest.raises(SourceError, match="no such format"):
        open_dataset(tmp_path, format="bmp")


@pytest.mark.parametrize(("kind", "ending"), [("zip", ".zip"), ("gztar", ".tar.gz"), ("tar", ".tar")])
def test_an_archive_is_told_how_to_become_a_folder(kind: str, ending: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "instances.json").write_text("{}")
    shutil.make_archive(str(tmp_path / "my set"), kind, tmp_path / "pictures")
    path = f"{tmp_path / 'my set'}{ending}"
    with pytest.raises(SourceError, match="this is an archive") as caught:
        open_dataset(path)
    assert f"loadstone get '{path}' --output FOLDER" in caught.value.help


def test_pictures_elsewhere_are_found_only_where_the_user_says(tmp_path: Path) -> None:
    lay_out(tmp_path, {"set/x.json": document(), "far/deep/a.jpg": "", "far/b.jpg": ""})
    (tmp_path / "set" / "link").symlink_to(tmp_path / "far")
    alone = open_dataset(tmp_path / "set")
    assert [example.path for example in alone.examples] == [None, None]
    assert "are not followed, link: --pictures" in alone.notes[0]
    found = open_dataset(tmp_path / "set", pictures=[tmp_path / "far"])
    assert [example.key for example in found.examples] == ["deep/a.jpg", "b.jpg"]
    assert found.examples[0].read().startswith(b"\xff\xd8")
    with pytest.raises(SourceError, match="no such folder of pictures"):
        open_dataset(tmp_path / "set", pictures=[tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("called", "lies"),
    [
        ("my%20cat%20(1).jpg", "my cat (1).jpg"),
        ("file:///C:/x/my%20cat.jpg", "my cat.jpg"),
        ("https://example.org/p/cat.jpg?width=9#x", "cat.jpg"),
        ("/data/local-files/?d=set%5Ccat.jpg", "set/cat.jpg"),
        ("50%25.jpg", "50%25.jpg"),
    ],
)
def test_names_are_found_as_addresses_have_them(called: str, lies: str, tmp_path: Path) -> None:
    text = document(images=[{"id": 9, "file_name": called, "width": 64, "height": 48}])
    found = open_dataset(lay_out(tmp_path, {"x.json": text, lies: "", "50%.jpg": ""}))
    assert found.examples[0].key == lies


def test_links_to_pictures_within_the_folder_are_followed(tmp_path: Path) -> None:
    files = {"all/one.jpg": "", "all/two.jpg": "", "far/out.jpg": ""}
    labels = {f"labels/{split}/{name}.txt": "0 0.5 0.5 0.5 0.5\n" for split, name in (("train", "one"), ("val", "two"))}
    lay_out(tmp_path, {f"set/{name}": text for name, text in {**files, **labels}.items()} | {"secret.jpg": ""})
    images = tmp_path / "set" / "images"
    (images / "train").mkdir(parents=True)
    (images / "train" / "one.jpg").symlink_to("../../all/one.jpg")
    # A folder behind a link behind a link, by its whole path.
    (images / "val").symlink_to("../other")
    (tmp_path / "set" / "other").symlink_to(tmp_path / "set" / "all")
    for name, leads in (("out.jpg", tmp_path / "secret.jpg"), ("round", "round"), ("up", ".."), ("gone.jpg", "no.jpg")):
        (images / "train" / name).symlink_to(leads)
    found = open_dataset(tmp_path / "set")
    assert found.format == "yolo"
    paths = {example.key: example.path for example in found.examples}
    assert paths.keys() >= {"images/train/one.jpg", "images/val/two.jpg"}
    assert paths["images/train/one.jpg"] == f"{tmp_path}/set/all/one.jpg"
    assert all(example.read().startswith(b"\xff\xd8") for example in found.examples)
    assert not any("out.jpg" in key or "secret" in str(path) for key, path in paths.items() if "train" in key)
    (note,) = [note for note in found.notes if "not followed" in note]
    assert "images/train/gone.jpg and 3 more" in note
    done = convert(found, to="coco", output=tmp_path / "copy", files="link")
    assert all(path.is_file() and not path.is_symlink() for path in done.output.rglob("*.jpg"))


def test_a_picture_behind_a_link_is_not_another_of_its_name(tmp_path: Path) -> None:
    lay_out(tmp_path, {"in/a.jpg": "", "x.json": document(images=[{"id": 9, "file_name": "a.jpg"}])})
    (tmp_path / "by").mkdir()
    (tmp_path / "by" / "a.jpg").symlink_to("../in/a.jpg")
    (example,) = open_dataset(tmp_path).examples
    assert example.path == f"{tmp_path}/in/a.jpg"


@pytest.mark.parametrize("called", ["../secret.jpg", "/etc/secret.jpg", "a/../../secret.jpg", "file:///x/secret.jpg"])
def test_no_annotation_leads_out_of_the_folder(called: str, tmp_path: Path) -> None:
    lay_out(tmp_path, {"secret.jpg": "", "set/x.json": document(images=[{"id": 9, "file_name": called}])})
    found = open_dataset(tmp_path / "set")
    assert found.examples[0].path is None
    with pytest.raises(LoadstoneError):
        found.examples[0].read()
    lay_out(tmp_path, {"set/secret.jpg": ""})
    assert open_dataset(tmp_path / "set").examples[0].key == "secret.jpg"


def test_pictures_of_one_name_are_told_apart(tmp_path: Path) -> None:
    images = [{"id": 9, "file_name": "one/a.jpg"}, {"id": 4, "file_name": "a.jpg"}]
    lay_out(tmp_path, {"in/one/a.jpg": "", "in/two/a.jpg": "", "x.json": document(images=images)})
    found = open_dataset(tmp_path)
    assert found.examples[0].key == "in/one/a.jpg"
    with pytest.raises(LoadstoneError, match=r"several pictures are called so.*in/one/a\.jpg, in/two/a\.jpg"):
        found.examples[1].read()


def test_a_picture_called_without_a_folder_is_the_outermost_of_its_name(tmp_path: Path) -> None:
    images = [
        {"id": 9, "file_name": "a.jpg"},
        {"id": 4, "file_name": "sub/a.jpg"},
        {"id": 5, "file_name": "/far/a.jpg"},
    ]
    files = {"images/a.jpg": "", "images/sub/a.jpg": "", "annotations/x.json": document(images=images)}
    found = open_dataset(lay_out(tmp_path, files))
    assert [example.key for example in found.examples] == ["images/a.jpg", "images/sub/a.jpg", "/far/a.jpg"]
    with pytest.raises(LoadstoneError, match="several pictures are called so"):
        found.examples[2].read()


def test_a_picture_of_another_split_is_another_picture(tmp_path: Path) -> None:
    lay_out(tmp_path, {"train.json": document(), "val/a.jpg": "", "train/b.jpg": ""})
    found = open_dataset(tmp_path)
    assert [example.path and os.path.basename(example.path) for example in found.examples] == [None, "b.jpg"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.json", "train"),
        ("annotations/instances_val2017.json", "val"),
        ("validation-annotations-bbox.csv", "val"),
        ("pets_train.record-00001-of-00010", "train"),
        ("valid/_annotations.coco.json", "val"),
        ("test/sub/x.csv", "test"),
        ("x.json", ""),
        ("train_test.json", ""),
        ("contest/latest.json", ""),
        ("my_test_drive/x.json", ""),
        ("VOC2012_trainval/x.xml", "train"),
    ],
)
def test_names_say_splits(name: str, split: str) -> None:
    assert split_of(name) == split


def test_folders_say_splits_and_pictures_do_not() -> None:
    assert split_of_folder("images/val2017/train.jpg") == "val"
    assert split_of_folder("train.jpg") == ""


def test_the_page_lists_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    formats, writing = page.split("## Formats")[1].split("## Writing")
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", formats, re.MULTILINE)) == FORMATS
    head = next(line for line in writing.splitlines() if line.startswith("| what"))
    assert tuple(re.findall(r"`([a-z]+)`", head)) == tuple(WRITERS)
    assert {*WRITERS} < {*FORMATS}
