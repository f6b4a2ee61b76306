"""From every format to every format: boxes, classes, numbers and flags stay, and what a format cannot say is said."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from loadstone.datasets.convert import WRITERS, Converted, convert
from loadstone.datasets.decoded import pixels_of
from loadstone.datasets.find import open_dataset
from loadstone.datasets.masks import mask_pixels
from loadstone.datasets.outlines import outlined
from loadstone.datasets.writers.out_names import stems
from loadstone.datasets.writers.traced import one_outline
from loadstone.errors import FormatError, RefusedError, SourceError
from loadstone.facts.dataset import Dataset, Example
from loadstone.facts.masks import Mask, PixelMask
from loadstone.wire.picture import ORIENTATION, decode
from tests.datasets.laid_out import lay_out
from tests.datasets.made import Box, dataset, example, picture

if TYPE_CHECKING:
    from loadstone.facts.masks import Pixels

FORMATS = tuple(WRITERS)
CLASSES = ("road sign", "käse & <brot>", '"it\'s"')
IDS = (3, 7, 90)


def rich() -> Dataset:
    """Return pictures of every kind: fractions, flags, keypoints, outlines, none at all, outside the picture."""
    boxes: list[tuple[int, Box]] = [(0, (1.5, 2.25, 11.75, 20)), (2, (0, 0, 64, 48)), (1, (-0.5, 3, 70, 44.125))]
    first = example("train/street 1.jpg", boxes, data=picture(kind="JPEG"))
    objects = replace(
        first.objects,
        crowd=np.array([False, True, False]),
        difficult=np.array([True, False, False]),
        group_of=np.array([False, False, True]),
        weights=np.array([1, 0.5, 1], np.float32),
        keypoints=np.array([[[3, 4, 2], [5.5, 6, 1]], [[0, 0, 0], [0, 0, 0]], [[0, 0, 0], [7, 8, 2]]], np.float64),
        masks=(((1.5, 2.25, 11.75, 2.25, 5, 20),), None, None),
        areas=np.array([90.5, 3072, np.nan]),
    )
    first = replace(first, objects=objects, path=None, id="17")
    rest = [
        example("train/empty.png", [], data=picture()),
        example("val/street 1.jpg", [(1, (4, 4, 8, 8))], data=picture(kind="JPEG", seed=2)),
        example("val/a:b?.png", [(0, (4, 4, 8, 8))], data=picture(seed=3)),
    ]
    examples = [first, *(replace(one, path=None, id=str(at)) for at, one in enumerate(rest))]
    made = dataset(*examples, classes=CLASSES, ids=IDS, splits={"train": (0, 1), "val": (2, 3)})
    return replace(made, keypoint_names=("nose", "tail"))


def by_stem(found: Dataset) -> dict[str, Example]:
    return {example.key.rpartition("/")[2].rpartition(".")[0]: example for example in found.examples}


def same(one: Dataset, other: Dataset, *, flags: bool) -> None:
    """Assert that two datasets say the same pictures, classes and boxes, and the same flags."""
    assert {name: len(ats) for name, ats in one.splits.items()} == {
        name: len(ats) for name, ats in other.splits.items()
    }
    assert one.classes == other.classes
    assert by_stem(one).keys() == by_stem(other).keys()
    for stem, first in by_stem(one).items():
        second = by_stem(other)[stem]
        assert (first.width, first.height) == (second.width, second.height)
        np.testing.assert_allclose(first.objects.boxes, second.objects.boxes, rtol=0, atol=2e-5)
        assert first.objects.classes.tolist() == second.objects.classes.tolist()
        pixels = [decode(io.BytesIO(example.read()), where=stem) for example in (first, second)]
        assert (pixels[0] == pixels[1]).all()
        for name in ("crowd", "difficult", "group_of", "weights") if flags else ():
            assert getattr(first.objects, name).tolist() == getattr(second.objects, name).tolist(), name


SAYS_FLAGS = ("coco", "csv", "tfrecord")
SAYS_IDS = ("coco", "voc", "csv", "tfrecord")


@pytest.mark.parametrize("second", FORMATS)
@pytest.mark.parametrize("first", FORMATS)
def test_every_pair_keeps_what_both_can_say(first: str, second: str, tmp_path: Path) -> None:
    convert(rich(), to=first, output=tmp_path / "one")
    one = open_dataset(tmp_path / "one")
    assert one.format == first
    assert one.skipped == ()
    convert(one, to=second, output=tmp_path / "two")
    two = open_dataset(tmp_path / "two")
    assert two.format == second
    same(one, two, flags=second in SAYS_FLAGS)
    if first in SAYS_IDS and second in SAYS_IDS:
        assert one.ids == two.ids == IDS
    if "coco" == first == second:
        assert [example.id for example in two.examples] == ["17", "0", "1", "2"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_first_conversion_keeps_what_the_format_can_say(name: str, tmp_path: Path) -> None:
    made = convert(rich(), to=name, output=tmp_path / "out")
    found = open_dataset(tmp_path / "out")
    start = replace(rich(), examples=tuple(replace(e, key=s) for e, s in zip(rich().examples, _stems(), strict=True)))
    again = replace(start, examples=tuple(replace(e, key=f"{e.key}.x") for e in start.examples))
    same(again, found, flags=name in SAYS_FLAGS)
    assert (made.pictures, made.objects, dict(made.splits)) == (4, 5, {"train": 2, "val": 2})
    if name in ("coco", "tfrecord", "yolo"):
        points = by_stem(found)["street_1"].objects.keypoints
        expected = rich().examples[0].objects.keypoints
        assert points is not None
        assert expected is not None
        np.testing.assert_allclose(points, expected, atol=1e-4)
    said = "\n".join(made.notes)
    assert ("crowds, which" in said) == (name in ("voc", "yolo"))
    assert ("difficult ones, which" in said) == (name == "yolo")
    assert ("groups, which" in said) == (name in ("voc", "yolo"))
    assert ("lose their keypoints" in said) == (name in ("voc", "csv"))
    assert ("lose their masks" in said) == (name not in ("coco", "tfrecord"))
    assert ("lose the area" in said) == (name in ("voc", "yolo", "csv"))
    assert ("another number, as YOLO" in said) == (name == "yolo")
    assert ("reach out of their picture" in said) == (name == "yolo")
    assert ("rows with empty fields" in said) == (name == "csv")


def _stems() -> list[str]:
    return list(stems(example.key for example in rich().examples))


def test_names_are_safe_and_each_once() -> None:
    assert _stems() == ["street_1", "empty", "val_street_1", "a_b"]
    names = list(
        stems(["a.jpg", "A.png", "x/a.jpg", "x/A.jpg", "..", "classes.jpg", "x.record: record 0", "a" * 300, "\ud800"])
    )
    assert names[:8] == ["a", "A-2", "x_a", "x_A-2", "picture", "classes-2", "x.record_record_0", "a" * 100]
    assert len({name.lower() for name in names}) == 9


@pytest.mark.parametrize("name", FORMATS)
def test_splits_shards_and_classes(name: str, tmp_path: Path) -> None:
    pictures = [example(f"{at:02d}.png", [(at % 3, (1, 1, 9, 9)), (0, (2, 2, 3, 3))]) for at in range(30)]
    made = dataset(*pictures, classes=("a", "b", "c"), ids=(0, 1, 2))
    done = convert(made, to=name, output=tmp_path / "x", split=(0.6, 0.2, 0.2), shards=3, classes=("c", "a"))
    found = open_dataset(tmp_path / "x")
    assert sum(done.splits.values()) == 30
    assert {split: len(ats) for split, ats in found.splits.items()} == dict(done.splits)
    assert found.classes == (("a", "c") if name == "coco" else ("c", "a"))
    assert "10 objects of classes that were not asked for are left out" in done.notes
    assert done.objects == 50
    shards = sorted(path.name for path in (tmp_path / "x").glob("*.record*"))
    assert shards == (
        [f"{s}.record-{at:05d}-of-00003" for s in ("test", "train", "val") for at in range(3)]
        if name == "tfrecord"
        else []
    )
    again = convert(made, to=name, output=tmp_path / "y", split=(0.6, 0.2, 0.2))
    assert again.splits == done.splits


def test_without_splits_there_are_none(tmp_path: Path) -> None:
    made = dataset(example("a.png"), example("b.png"))
    for name in FORMATS:
        convert(made, to=name, output=tmp_path / name)
        assert open_dataset(tmp_path / name).splits == ({"train": (0, 1)} if name == "yolo" else {})
    some = replace(made, splits={"train": (0,)})
    done = convert(some, to="yolo", output=tmp_path / "some")
    assert "1 pictures are of no split, which data.yaml cannot name: they are left out" in done.notes
    assert done.pictures == 1
    for name in ("coco", "voc", "csv", "tfrecord"):
        convert(some, to=name, output=tmp_path / f"some-{name}")
        found = open_dataset(tmp_path / f"some-{name}")
        assert (len(found.examples), {split: len(ats) for split, ats in found.splits.items()}) == (2, {"train": 1})


def _source(tmp_path: Path) -> Dataset:
    files: dict[str, str | bytes] = {"set/a.jpg": "", "set/a.txt": "0 0.5 0.5 0.5 0.5", "set/classes.txt": "cat"}
    lay_out(tmp_path, files)
    return open_dataset(tmp_path / "set")


def test_pictures_are_copied_linked_or_left(tmp_path: Path) -> None:
    source = _source(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "set").iterdir()}
    convert(source, to="yolo", output=tmp_path / "copy")
    convert(source, to="yolo", output=tmp_path / "link", files="link")
    convert(source, to="coco", output=tmp_path / "none", files="none")
    original = tmp_path / "set" / "a.jpg"
    assert not os.path.samefile(original, tmp_path / "copy" / "images" / "a.jpg")
    assert os.path.samefile(original, tmp_path / "link" / "images" / "a.jpg")
    assert list((tmp_path / "none").rglob("*.jpg")) == []
    found = open_dataset(tmp_path / "none", pictures=[tmp_path / "set"])
    assert found.examples[0].read() == original.read_bytes()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "set").iterdir()} == before
    with pytest.raises(SourceError, match="records hold their pictures"):
        convert(source, to="tfrecord", output=tmp_path / "x", files="none")


def test_where_linking_cannot_be_done_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    done = convert(_source(tmp_path), to="voc", output=tmp_path / "out", files="link")
    assert any("cannot be linked" in note for note in done.notes)
    assert (tmp_path / "out" / "JPEGImages" / "a.jpg").is_file()


def test_nothing_is_overwritten_and_nothing_half_done_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _source(tmp_path)
    (tmp_path / "empty").mkdir()
    assert convert(source, to="csv", output=tmp_path / "empty").pictures == 1
    with pytest.raises(RefusedError, match="something at the destination"):
        convert(source, to="csv", output=tmp_path / "empty")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RefusedError):
        convert(source, to="csv", output=tmp_path / "dangling")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SourceError, match="No space left"):
        convert(source, to="csv", output=tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "empty", "set"]


@pytest.mark.parametrize(
    "wish", [{"files": "move"}, {"shards": 0}, {"classes": []}, {"classes": ["face", "face"]}, {"classes": ["nobody"]}]
)
def test_wishes_of_no_sense_are_refused(wish: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        convert(dataset(example("a.png")), to="tfrecord", output=tmp_path / "out", **wish)
    assert not (tmp_path / "out").exists()


def test_an_output_within_the_dataset_is_told(tmp_path: Path) -> None:
    made = replace(dataset(example("a.png")), source=str(tmp_path))
    done = convert(made, to="coco", output=tmp_path / "in" / "out")
    assert done.notes[-1].startswith("the output lies within the dataset")


def test_pictures_that_get_another_name_are_told(tmp_path: Path) -> None:
    made = dataset(example("a b.png"), example("sub/a b.png"), example("sub/c.png"))
    done = convert(made, to="coco", output=tmp_path / "out")
    assert [note for note in done.notes if "another name" in note] == [
        "2 pictures get another name, safe on any system and there once, such as a_b.png for a b.png"
    ]
    plain = convert(dataset(example("sub/c.png")), to="coco", output=tmp_path / "plain")
    assert not any("another name" in note for note in plain.notes)


def test_what_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    broken = (example("b.png", data=b"<html>"), example("c.png", data=b""))
    made = dataset(example("a.png"), *broken, classes=("face",))
    done = convert(made, to="voc", output=tmp_path / "out")
    assert (done.pictures, done.left) == (1, 2)
    assert "2 pictures cannot be read and are left out, such as b.png: not a picture: an HTML page" in done.notes
    with pytest.raises(FormatError, match="none of the pictures"):
        convert(dataset(example("b.png", data=b"")), to="voc", output=tmp_path / "two")


@pytest.mark.parametrize("name", FORMATS)
def test_boxes_and_classes_of_no_sense_are_left_out_and_said(name: str, tmp_path: Path) -> None:
    boxes: list[tuple[int, Box]] = [
        (0, (1, 1, 2, 2)),
        (-1, (1, 1, 2, 2)),
        (0, (1, float("nan"), 2, 2)),
        (0, (9, 9, 3, 3)),
    ]
    done = convert(dataset(example("a.png", boxes)), to=name, output=tmp_path / "out")
    assert done.objects == 2
    assert "1 boxes with a side that is no number of pixels are left out" in done.notes
    assert "1 objects of a class that the dataset does not list are left out" in done.notes
    # A box that is reversed is written as it is: it can be said.
    np.testing.assert_allclose(open_dataset(tmp_path / "out").examples[0].objects.boxes[1], [9, 9, 3, 3], atol=1e-5)


def _photo(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    out = io.BytesIO()
    image = Image.new("RGB", (64, 48))
    image.paste((255, 255, 255), (0, 0, 32, 24))
    image.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("name", FORMATS)
def test_a_turned_picture_stays_the_way_up_that_its_boxes_are(
    name: str, upright: bool, orientation: int, tmp_path: Path
) -> None:

    size = (48, 64) if upright and orientation == 6 else (64, 48)
    made = replace(example("a.jpg", [(0, (4, 4, 12, 12))], size=size, data=_photo(orientation)), upright=upright)
    convert(dataset(made), to=name, output=tmp_path / "out")
    found = open_dataset(tmp_path / "out").examples[0]
    assert (found.width, found.height) == size
    one, other = pixels_of(made), pixels_of(found)
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other).mean() < 3


def test_formats_of_pictures_that_records_cannot_hold_are_encoded_anew(tmp_path: Path) -> None:
    made = dataset(example("a.webp", data=picture(kind="WEBP")))
    done = convert(made, to="tfrecord", output=tmp_path / "out")
    assert "1 pictures are encoded anew, as the format's readers open only JPEG, PNG, GIF, BMP" in done.notes
    assert open_dataset(tmp_path / "out").examples[0].read().startswith(b"\x89PNG")


def test_what_does_not_read_back_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadstone.datasets.writers.csv.tidy", lambda value: round(value) + 1)
    with pytest.raises(FormatError, match="does not read as it was"):
        convert(_source(tmp_path), to="csv", output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to": "bmp"}, "no such format"),
        ({"to": "csv", "split": (1.0,)}, "two or three parts"),
        ({"to": "csv", "split": (0.0, 0.0)}, "positive"),
        ({"to": "csv", "classes": ("dog",)}, "no such class"),
    ],
)
def test_wishes_that_cannot_be_met(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises((SourceError, FormatError), match=said):
        convert(dataset(example("a.png")), output=tmp_path / "out", **options)


def _coco(tmp_path: Path) -> Converted:
    return convert(rich(), to="coco", output=tmp_path / "out")


def test_pycocotools_reads_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pycocotools.coco import COCO

    _coco(tmp_path)
    coco = COCO(str(tmp_path / "out" / "annotations" / "instances_train.json"))
    assert sorted(coco.getImgIds()) == [0, 17]
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == list(CLASSES)
    boxes = [annotation["bbox"] for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[17]))]
    assert boxes == [[1.5, 2.25, 10.25, 17.75], [0, 0, 64, 48], [-0.5, 3, 70.5, 41.125]]
    assert coco.loadAnns(coco.getAnnIds(imgIds=[17]))[0]["area"] == 90.5
    assert coco.annToRLE(coco.loadAnns(coco.getAnnIds(imgIds=[17]))[0])["size"] == [48, 64]
    assert len(coco.loadRes([{"image_id": 17, "category_id": 3, "bbox": [0, 0, 1, 1], "score": 1.0}]).anns) == 1
    document = json.loads((tmp_path / "out" / "annotations" / "instances_train.json").read_text())
    assert document["annotations"][0]["difficult"] == 1
    assert "loading" in capsys.readouterr().out


@pytest.mark.tensorflow
def test_tensorflow_parses_what_is_written(tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    convert(rich(), to="tfrecord", output=tmp_path / "out")
    records = list(tensorflow.data.TFRecordDataset(str(tmp_path / "out" / "train.record")).as_numpy_iterator())
    assert len(records) == 2
    io_ = tensorflow.io
    text, number, real = (tensorflow.string, tensorflow.int64, tensorflow.float32)
    fixed = {"image/encoded": text, "image/format": text, "image/source_id": text, "image/filename": text}
    fixed |= {"image/key/sha256": text, "image/height": number, "image/width": number}
    listed = {f"image/object/bbox/{side}": real for side in ("xmin", "ymin", "xmax", "ymax")}
    listed |= {f"image/object/{name}": number for name in ("is_crowd", "difficult", "group_of", "class/label")}
    listed |= {"image/object/class/text": text, "image/object/weight": real, "image/object/area": real}
    listed |= {f"image/object/keypoint/{axis}": real for axis in "xy"}
    wanted = {name: io_.FixedLenFeature((), kind) for name, kind in fixed.items()}
    wanted |= {name: io_.VarLenFeature(kind) for name, kind in listed.items()}
    first = io_.parse_single_example(records[0], wanted)
    dense = {name: tensorflow.sparse.to_dense(first[name]).numpy() for name in listed}
    expected = rich().examples[0].objects.boxes / (64, 48, 64, 48)
    boxes = np.stack([dense[f"image/object/bbox/{side}"] for side in ("xmin", "ymin", "xmax", "ymax")], 1)
    np.testing.assert_allclose(boxes, expected, atol=1e-6)
    assert dense["image/object/class/label"].tolist() == [3, 90, 7]
    assert [name.decode() for name in dense["image/object/class/text"]] == [CLASSES[0], CLASSES[2], CLASSES[1]]
    assert dense["image/object/is_crowd"].tolist() == [0, 1, 0]
    assert dense["image/object/weight"].tolist() == [1, 0.5, 1]
    pixels = io_.decode_image(first["image/encoded"]).numpy()
    assert pixels.shape == (48, 64, 3)
    empty = io_.parse_single_example(records[1], wanted)
    assert tensorflow.sparse.to_dense(empty["image/object/bbox/xmin"]).shape == (0,)


def ring(height: int = 48, width: int = 64) -> Pixels:
    """A disc with a hole, and a pixel that touches nothing."""
    rows, columns = np.ogrid[:height, :width]
    far = (rows - 20) ** 2 + (columns - 30) ** 2
    inside = (far < 150) & (far > 30)
    inside[0, 0] = True
    return np.asarray(inside, bool)


PARTS = ((2.0, 2.0, 12.5, 2.0, 2.0, 14.0), (40.0, 30.0, 60.0, 30.0, 60.0, 45.0, 40.0, 45.0))
OVERLAPPING = ((2.0, 2.0, 12.0, 2.0, 12.0, 14.0), (4.0, 2.0, 20.0, 2.0, 20.0, 9.0))
MASKS: tuple[Mask | None, ...] = (((5.0, 5.0, 20.5, 5.25, 8.0, 17.0),), PARTS, OVERLAPPING, PixelMask(ring), None)


def test_masks_become_yolos_outlines_and_back(tmp_path: Path) -> None:
    boxes: list[tuple[int, Box]] = [
        (0, (5, 5, 20.5, 17)), (1, (2, 2, 60, 45)), (0, (2, 2, 20, 14)), (1, (0, 0, 43, 33)), (0, (1, 2, 3.5, 9))
    ]  # fmt: skip
    one = example("a.png", boxes)
    source = dataset(replace(one, objects=replace(one.objects, masks=MASKS)), classes=("cat", "dog"), ids=(0, 1))
    done = convert(source, to="yolo", output=tmp_path / "made")
    assert [note for note in done.notes if "mask" in note] == [
        "1 objects have no mask: their box is written as their outline"
    ]
    (again,) = open_dataset(tmp_path / "made").examples
    assert again.objects.classes.tolist() == [0, 1, 0, 1, 0]
    assert np.allclose(again.objects.boxes, [box for _, box in boxes], atol=1)
    assert again.objects.masks is not None
    for mask, read in zip(MASKS[:-1], again.objects.masks, strict=False):
        assert mask is not None
        assert read is not None
        assert np.array_equal(mask_pixels(read, 48, 64), mask_pixels(mask, 48, 64))
    (lines,) = (tmp_path / "made" / "labels").rglob("*.txt")
    assert all(len(line.split()) >= 7 for line in lines.read_text().splitlines()), "a box among outlines is misread"


def test_what_no_outline_can_be_made_of_is_told(tmp_path: Path) -> None:
    one = example("a.png", [(0, (4, 4, 9, 9)), (0, (4, 4, 9, 9)), (0, (4, 4, 9, 9))])
    masks = (PixelMask(lambda: np.zeros((48, 64), bool)), PixelMask(lambda: np.ones((3, 3), bool)), ((4.0, 4.0),))
    done = convert(dataset(replace(one, objects=replace(one.objects, masks=masks))), to="yolo", output=tmp_path / "x")
    assert any(note.startswith("3 objects have no mask") for note in done.notes)
    assert any("1 masks cannot be drawn" in note for note in done.notes)
    (again,) = open_dataset(tmp_path / "x").examples
    assert np.allclose(again.objects.boxes, [4, 4, 9, 9])


@settings(max_examples=60)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_what_is_traced_draws_the_same_pixels(inside: Pixels) -> None:
    height, width = inside.shape
    outline = one_outline(PixelMask(lambda: inside), height, width)
    drawn = outlined((outline,), height, width) if outline else np.zeros_like(inside)
    assert np.array_equal(drawn, inside)
